// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ObjectCreator.h"

#include "../Core/Failure.h"
#include "../Core/Metrics/PluginMetrics.h"

#include <cstdint>
#include <utility>

namespace OrthancPlugins
{
  /**
   * Counts a document or an image that becomes an instance: as a failure unless it is told that the
   * host has stored it. Nothing is counted for an object without content.
   **/
  class DocumentMeter
  {
  public:
    DocumentMeter(PluginMetrics& metrics, const NewObject& object);
    ~DocumentMeter();

    DocumentMeter(const DocumentMeter&) = delete;
    DocumentMeter& operator=(const DocumentMeter&) = delete;

    void NoteStored() { outcome_ = EndOutcome::Success; }

  private:
    PluginMetrics& metrics_;
    const bool isCounted_;
    const DocumentLabel label_;
    const std::uint64_t sizeBytes_;
    EndOutcome outcome_ = EndOutcome::Failure;
  };

  // Counts why a request for a new object is refused, if it is the client's fault
  void CountRejection(PluginMetrics& metrics, FailureKind kind);

  // Answers a request for a new object, see CountRejection()
  template <typename Body>
  void AnswerCounted(PluginMetrics& metrics, Body&& body)
  {
    try
    {
      std::forward<Body>(body)();
    }
    catch (const Failure& failure)
    {
      CountRejection(metrics, failure.GetKind());
      throw;
    }
  }
} // namespace OrthancPlugins
