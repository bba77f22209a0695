// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  /**
   * A JSON text whose long strings stay where they are: a parser gets a short text with marks in their
   * place, so that a document of megabytes is not copied. The original must outlive it.
   **/
  class LongJson
  {
  public:
    // Strings that begin with "data:", and all longer than this, are taken out
    static constexpr std::size_t LONG_BYTES = 16 * 1024;

    explicit LongJson(std::string_view original);

    // Is no JSON if the original is none
    const std::string& GetShortText() const { return shortText_; }

    // The inside of a string that was taken out, with its escapes; absent for other strings
    std::optional<std::string_view> Find(const std::string& value) const;

    // Behind the brace that opens the whole object, or that of its member of this name; absent if there
    // is no such object. For "Tags" only
    std::optional<std::size_t> GetObjectOffset() const { return objectOffset_; }
    std::optional<std::size_t> GetTagsOffset() const { return tagsOffset_; }

  private:
    std::size_t TakeString(std::string_view original, std::size_t begin);

    std::string mark_;
    std::string shortText_;
    std::vector<std::string_view> strings_;
    std::optional<std::size_t> objectOffset_;
    std::optional<std::size_t> tagsOffset_;
  };
} // namespace OrthancPlugins
