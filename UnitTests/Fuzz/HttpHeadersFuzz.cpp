// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Archive/Utf8Text.h"
#include "../../Plugin/Http/AcceptHeader.h"
#include "../../Plugin/Http/ContentDisposition.h"
#include "../../Plugin/Http/FormData.h"
#include "../../Plugin/Http/HttpDate.h"
#include "../../Plugin/Http/RangeRequest.h"
#include "../../Plugin/Rest/TimeText.h"
#include "../../Plugin/Rest/XmlAnswer.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    void CheckDecision(const RangeDecision& decision, std::uint64_t totalBytes)
    {
      if (decision.verdict == RangeVerdict::Part)
      {
        Require(decision.range.sizeBytes >= 1 && decision.range.offset < totalBytes &&
                  decision.range.sizeBytes <= totalBytes - decision.range.offset,
                "a range lies in the file");
        FormatContentRange(decision.range, totalBytes);
      }
    }

    void CheckRange(FuzzInput& input)
    {
      const std::uint64_t totalBytes = input.TakeNumber() >> (input.TakeByte() % 64);
      HttpRequest request;
      const std::string header = input.TakeLine();
      CheckDecision(ParseRange(header, totalBytes), totalBytes);
      request.headers["range"] = header;
      for (const char* name :
           {"if-match", "if-none-match", "if-range", "if-modified-since", "if-unmodified-since"})
      {
        const std::string value = input.TakeLine();
        if (!value.empty())
        {
          request.headers[name] = value;
        }
      }
      Validators validators;
      CheckDecision(DecideRange(request, validators, totalBytes), totalBytes);
      Require(DecideRange(request, validators, totalBytes).verdict == RangeVerdict::Whole,
              "nothing is decided without validators");
      validators.entityTag = "\"a\"";
      validators.lastModified = 1'790'000'000;
      CheckDecision(DecideRange(request, validators, totalBytes), totalBytes);
    }

    void CheckDates(const std::string& text, std::int64_t number)
    {
      const std::optional<std::int64_t> seconds = ParseHttpDate(text);
      Require(!seconds.has_value() || ParseHttpDate(FormatHttpDate(*seconds)) == seconds,
              "a date is the same again");
      const std::string any = FormatHttpDate(number);
      Require(any.size() == 29 && ParseHttpDate(any).has_value(), "any time is a date");
      Require(FormatHttpDate(*ParseHttpDate(any)) == any, "a date has one form");

      const std::optional<std::int64_t> time = ParseTime(text);
      Require(!time.has_value() || *time < 0 || ParseTime(FormatTime(*time)) == time,
              "a time is the same again");
    }

    void CheckDisposition(const std::string& name)
    {
      const std::string header = FormatContentDisposition(name, true);
      Require(
        std::all_of(header.begin(), header.end(), [](char c) { return c >= ' ' && c < 0x7F; }),
        "a header is printable ASCII");
      Require(header.size() <= 2000, "a header is not too long");
      const HeaderValue parsed = ParseHeaderValue(header);
      Require(parsed.value == "attachment", "a disposition is an attachment");
      const auto filename = parsed.parameters.find("filename");
      Require(filename != parsed.parameters.end(), "a file has a name");
      Require(IsValidUtf8(filename->second), "a name is UTF-8");
      const bool isPlain =
        name.size() <= 200 && !name.empty() && name.front() != ' ' && name.back() != ' ' &&
        std::all_of(name.begin(), name.end(),
                    [](char c) { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; });
      Require(!isPlain || filename->second == name, "a plain name stays as it is");
    }

    void CheckLists(const std::string& text)
    {
      const std::vector<AcceptedItem> items = ParseAccept(text);
      Require(items.size() <= 64, "not too many items");
      for (const AcceptedItem& item : items)
      {
        Require(item.weight >= 0 && item.weight <= 1, "a weight lies between 0 and 1");
        Require(std::none_of(item.name.begin(), item.name.end(),
                             [](char c) { return c >= 'A' && c <= 'Z'; }),
                "names are in lower case");
      }
      AcceptsGzip(text);
      Require(IsValidUtf8(DecodeHeaderText(text)), "text is UTF-8");
      for (const auto& [name, value] : ParseHeaderValue(text).parameters)
      {
        Require(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
                "names are in lower case");
      }
      HttpRequest request;
      request.headers["accept"] = text;
      IsXmlWanted(request);
    }
  } // namespace

  void FuzzHttpHeaders(std::string_view bytes)
  {
    FuzzInput input(bytes);
    CheckRange(input);
    const std::int64_t number = static_cast<std::int64_t>(input.TakeNumber());
    const std::string text(input.GetRest());
    CheckDates(text, number);
    CheckDisposition(text);
    CheckLists(text);
  }
} // namespace OrthancPlugins
