// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/Failure.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // An invariant: ends the process if it does not hold, which is a finding for the fuzzer
  void Require(bool isTrue, const char* what);

  // Calls what may refuse its input. True if it did not; any other exception than Failure is a
  // finding, and so is one that says that we have made a mistake
  template <typename Action>
  bool Succeeds(const Action& action)
  {
    try
    {
      action();
      return true;
    }
    catch (const Failure& failure)
    {
      Require(failure.GetKind() != FailureKind::Internal, failure.what());
      return false;
    }
  }

  /**
   * Input of the fuzzer in pieces. At its end there are zeros and empty texts, so that every input can be
   * used.
   **/
  class FuzzInput
  {
  public:
    explicit FuzzInput(std::string_view bytes)
      : rest_(bytes)
    {
    }

    bool IsEmpty() const { return rest_.empty(); }

    std::uint8_t TakeByte();
    std::uint64_t TakeNumber(); // of eight bytes

    // Up to this character, which vanishes
    std::string TakeText(char end);
    std::string TakeLine() { return TakeText('\n'); }

    std::string_view GetRest() const { return rest_; }

  private:
    std::string_view rest_;
  };

  // One function per target: any bytes are an input
  void FuzzArchiveRequest(std::string_view bytes);
  void FuzzCreateDicom(std::string_view bytes);
  void FuzzPrivateDictionary(std::string_view bytes);
  void FuzzDocumentRequest(std::string_view bytes);
  void FuzzDocumentContent(std::string_view bytes);
  void FuzzCapturedImage(std::string_view bytes);
  void FuzzDicomFile(std::string_view bytes);
  void FuzzNaming(std::string_view bytes);
  void FuzzSpoolRecord(std::string_view bytes);
  void FuzzArchiveJournal(std::string_view bytes);
  void FuzzHostMetrics(std::string_view bytes);
  void FuzzHttpHeaders(std::string_view bytes);
  void FuzzWebUrl(std::string_view bytes);
} // namespace OrthancPlugins
