// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Dicom/PrivateDictionary.h"

namespace OrthancPlugins
{
  void FuzzPrivateDictionary(std::string_view bytes)
  {
    std::vector<PrivateTag> tags;
    if (!Succeeds([&] { tags = ParseDictionaryFile(std::string(bytes)); }))
    {
      return;
    }
    for (const PrivateTag& tag : tags)
    {
      CheckPrivateTag(tag);
    }
    const std::string text = FormatDictionaryFile(tags);
    const std::vector<PrivateTag> again = ParseDictionaryFile(text);
    Require(again.size() == tags.size(), "no attribute is lost");
    Require(FormatDictionaryFile(again) == text, "the file has one form");

    std::string saved;
    PrivateDictionary dictionary({}, nullptr, [&](const std::string& file) { saved = file; });
    if (Succeeds([&] { dictionary.Add(tags); }))
    {
      for (const PrivateTag& tag : dictionary.GetOwn())
      {
        const std::optional<PrivateTag> found =
          dictionary.Find(tag.group, tag.lowByte, tag.creator);
        Require(found.has_value() && found->vr == tag.vr, "what was added is found");
      }
      Require(dictionary.GetOwn().empty() || FormatDictionaryFile(dictionary.GetOwn()) == saved,
              "the file holds what is known");
    }
  }
} // namespace OrthancPlugins
