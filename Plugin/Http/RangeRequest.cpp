// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "RangeRequest.h"

#include "HttpDate.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace OrthancPlugins
{
  namespace
  {
    // OWS of RFC 9110 5.6.3
    std::string_view Trim(std::string_view text)
    {
      const std::size_t begin = text.find_first_not_of(" \t");
      if (begin == std::string_view::npos)
      {
        return {};
      }
      return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
    }

    bool EqualsIgnoringCase(std::string_view text, std::string_view lowerCase)
    {
      return std::equal(text.begin(), text.end(), lowerCase.begin(), lowerCase.end(),
                        [](char a, char b) {
                          return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
                        });
    }

    // 1*DIGIT of any length; what does not fit is as large as can be. Absent if there is anything else
    std::optional<std::uint64_t> ParsePosition(std::string_view text)
    {
      if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
      {
        return std::nullopt;
      }
      std::uint64_t value = 0;
      const std::from_chars_result result =
        std::from_chars(text.data(), text.data() + text.size(), value);
      return result.ec == std::errc() ? value : std::numeric_limits<std::uint64_t>::max();
    }

    // The only element of a list (RFC 9110 5.6.1: empty elements do not count); absent if there are none
    // or several
    std::optional<std::string_view> FindOnlyElement(std::string_view list)
    {
      std::optional<std::string_view> found;
      for (;;)
      {
        const std::size_t comma = list.find(',');
        const std::string_view element = Trim(list.substr(0, comma));
        if (!element.empty() && found.has_value())
        {
          return std::nullopt;
        }
        if (!element.empty())
        {
          found = element;
        }
        if (comma == std::string_view::npos)
        {
          return found;
        }
        list.remove_prefix(comma + 1);
      }
    }

    RangeDecision MakePart(std::uint64_t offset, std::uint64_t sizeBytes)
    {
      return {RangeVerdict::Part, {offset, sizeBytes}};
    }

    // "-n": the last n bytes
    RangeDecision ParseSuffix(std::string_view length, std::uint64_t totalBytes)
    {
      const std::optional<std::uint64_t> suffix = ParsePosition(length);
      if (!suffix.has_value())
      {
        return {};
      }
      if (*suffix == 0)
      {
        return {RangeVerdict::Unsatisfiable, {}};
      }
      if (totalBytes == 0)
      {
        return {}; // satisfiable, but there is no Content-Range for it
      }
      const std::uint64_t size = std::min(*suffix, totalBytes);
      return MakePart(totalBytes - size, size);
    }

    struct EntityTag
    {
      bool isWeak = false;
      std::string_view opaque; // with its quotes
    };

    // etagc of RFC 9110 8.8.3
    bool IsTagCharacter(char c)
    {
      const unsigned char byte = static_cast<unsigned char>(c);
      return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
    }

    // Takes an entity tag from the beginning of the text; absent if there is none
    std::optional<EntityTag> TakeEntityTag(std::string_view& text)
    {
      EntityTag tag;
      std::string_view rest = text;
      if (rest.substr(0, 2) == "W/")
      {
        tag.isWeak = true;
        rest.remove_prefix(2);
      }
      if (rest.empty() || rest[0] != '"')
      {
        return std::nullopt;
      }
      std::size_t end = 1;
      while (end < rest.size() && IsTagCharacter(rest[end]))
      {
        end++;
      }
      if (end == rest.size() || rest[end] != '"')
      {
        return std::nullopt;
      }
      tag.opaque = rest.substr(0, end + 1);
      text = rest.substr(end + 1);
      return tag;
    }

    enum class Comparison
    {
      Strong,
      Weak
    };

    // Whether a header of If-Match or If-None-Match names the tag: "*", or a list of tags. What is
    // malformed names nothing from there on
    bool NamesTag(std::string_view header, const std::string& ownTag, Comparison comparison)
    {
      std::string_view rest = Trim(header);
      if (rest == "*")
      {
        return true;
      }
      for (;;)
      {
        const std::size_t begin = rest.find_first_not_of(" \t,");
        if (begin == std::string_view::npos)
        {
          return false;
        }
        rest.remove_prefix(begin);
        const std::optional<EntityTag> tag = TakeEntityTag(rest);
        const bool isEnd = Trim(rest).empty() || Trim(rest)[0] == ',';
        if (!tag.has_value() || !isEnd)
        {
          return false;
        }
        if (!ownTag.empty() && tag->opaque == ownTag &&
            (comparison == Comparison::Weak || !tag->isWeak))
        {
          return true;
        }
      }
    }

    // RFC 9110 13.1.1, 13.1.4
    bool IsAsExpected(const HttpRequest& request, const Validators& validators)
    {
      if (const auto tags = request.FindHeader("if-match"))
      {
        return NamesTag(*tags, validators.entityTag, Comparison::Strong);
      }
      const auto text = request.FindHeader("if-unmodified-since");
      const auto since = text.has_value() ? ParseHttpDate(Trim(*text)) : std::nullopt;
      return !since.has_value() || !validators.lastModified.has_value() ||
             *validators.lastModified <= *since;
    }

    // RFC 9110 13.1.2, 13.1.3
    bool IsKnown(const HttpRequest& request, const Validators& validators)
    {
      if (const auto tags = request.FindHeader("if-none-match"))
      {
        return NamesTag(*tags, validators.entityTag, Comparison::Weak);
      }
      const auto text = request.FindHeader("if-modified-since");
      const auto since = text.has_value() ? ParseHttpDate(Trim(*text)) : std::nullopt;
      return since.has_value() && validators.lastModified.has_value() &&
             *validators.lastModified <= *since;
    }

    // RFC 9110 13.1.5: a part only of what the client has the beginning of
    bool IsRangeWanted(const HttpRequest& request, const Validators& validators)
    {
      const auto condition = request.FindHeader("if-range");
      if (!condition.has_value())
      {
        return true;
      }
      std::string_view text = Trim(*condition);
      if (const std::optional<EntityTag> tag = TakeEntityTag(text))
      {
        return text.empty() && !tag->isWeak && tag->opaque == validators.entityTag;
      }
      const std::optional<std::int64_t> date = ParseHttpDate(text);
      return date.has_value() && date == validators.lastModified;
    }
  } // namespace

  RangeDecision ParseRange(std::string_view header, std::uint64_t totalBytes)
  {
    constexpr std::string_view UNIT = "bytes";
    const std::string_view text = Trim(header);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !EqualsIgnoringCase(text.substr(0, equals), UNIT))
    {
      return {};
    }
    const std::string_view element = FindOnlyElement(text.substr(equals + 1)).value_or("");
    const std::size_t dash = element.find('-');
    if (dash == std::string_view::npos)
    {
      return {};
    }
    if (dash == 0)
    {
      return ParseSuffix(element.substr(1), totalBytes);
    }

    const std::string_view end = element.substr(dash + 1);
    const std::optional<std::uint64_t> first = ParsePosition(element.substr(0, dash));
    const std::optional<std::uint64_t> last =
      end.empty() ? std::numeric_limits<std::uint64_t>::max() : ParsePosition(end);
    if (!first.has_value() || !last.has_value() || *last < *first)
    {
      return {};
    }
    if (*first >= totalBytes)
    {
      return {RangeVerdict::Unsatisfiable, {}};
    }
    return MakePart(*first, std::min(*last, totalBytes - 1) - *first + 1);
  }

  RangeDecision
  DecideRange(const HttpRequest& request, const Validators& validators, std::uint64_t totalBytes)
  {
    if (request.method != HttpMethod::Get || validators.IsEmpty())
    {
      return {};
    }
    if (!IsAsExpected(request, validators))
    {
      return {RangeVerdict::PreconditionFailed, {}};
    }
    if (IsKnown(request, validators))
    {
      return {RangeVerdict::NotModified, {}};
    }
    const std::optional<std::string> range = request.FindHeader("range");
    if (!range.has_value() || !IsRangeWanted(request, validators))
    {
      return {};
    }
    return ParseRange(*range, totalBytes);
  }

  std::string FormatContentRange(const ByteRange& range, std::uint64_t totalBytes)
  {
    return "bytes " + std::to_string(range.offset) + "-" +
           std::to_string(range.offset + range.sizeBytes - 1) + "/" + std::to_string(totalBytes);
  }

  std::string FormatUnsatisfiedRange(std::uint64_t totalBytes)
  {
    return "bytes */" + std::to_string(totalBytes);
  }
} // namespace OrthancPlugins
