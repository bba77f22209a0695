// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

// All targets in one program, which is linked once: "FuzzTests --target=NAME [options of libFuzzer]",
// and "FuzzTests --list"

namespace OrthancPlugins
{
  namespace
  {
    struct Target
    {
      const char* name;
      void (*run)(std::string_view bytes);
    };

    constexpr Target TARGETS[] = {
      {"ArchiveRequest", &FuzzArchiveRequest},
      {"CreateDicom", &FuzzCreateDicom},
      {"PrivateDictionary", &FuzzPrivateDictionary},
      {"DocumentRequest", &FuzzDocumentRequest},
      {"DocumentContent", &FuzzDocumentContent},
      {"CapturedImage", &FuzzCapturedImage},
      {"DicomFile", &FuzzDicomFile},
      {"Naming", &FuzzNaming},
      {"SpoolRecord", &FuzzSpoolRecord},
      {"ArchiveJournal", &FuzzArchiveJournal},
      {"HostMetrics", &FuzzHostMetrics},
      {"HttpHeaders", &FuzzHttpHeaders},
      {"WebUrl", &FuzzWebUrl},
    };

    const Target* chosen = nullptr;

    void ListTargets()
    {
      for (const Target& target : TARGETS)
      {
        std::puts(target.name);
      }
    }

    void ChooseTarget(const char* name)
    {
      for (const Target& target : TARGETS)
      {
        if (std::strcmp(target.name, name) == 0)
        {
          chosen = &target;
        }
      }
    }
  } // namespace

  void Require(bool isTrue, const char* what)
  {
    if (!isTrue)
    {
      std::fprintf(stderr, "Does not hold: %s\n", what);
      std::abort();
    }
  }

  std::uint8_t FuzzInput::TakeByte()
  {
    if (rest_.empty())
    {
      return 0;
    }
    const std::uint8_t byte = static_cast<std::uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return byte;
  }

  std::uint64_t FuzzInput::TakeNumber()
  {
    std::uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++)
    {
      number = number << 8 | TakeByte();
    }
    return number;
  }

  std::string FuzzInput::TakeText(char end)
  {
    const std::size_t position = rest_.find(end);
    const std::string text(rest_.substr(0, position));
    rest_.remove_prefix(position == std::string_view::npos ? rest_.size() : position + 1);
    return text;
  }
} // namespace OrthancPlugins

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t sizeBytes);

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments)
{
  constexpr const char* OPTION = "--target=";
  for (int i = 1; i < *count; i++)
  {
    const char* const argument = (*arguments)[i];
    if (std::strcmp(argument, "--list") == 0)
    {
      OrthancPlugins::ListTargets();
      std::exit(0);
    }
    if (std::strncmp(argument, OPTION, std::strlen(OPTION)) == 0)
    {
      OrthancPlugins::ChooseTarget(argument + std::strlen(OPTION));
    }
  }
  if (OrthancPlugins::chosen == nullptr)
  {
    std::fputs("Which target? --target=NAME; --list prints the names\n", stderr);
    std::exit(2);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t sizeBytes)
{
  OrthancPlugins::chosen->run(
    std::string_view(sizeBytes == 0 ? "" : reinterpret_cast<const char*>(data), sizeBytes));
  return 0;
}
