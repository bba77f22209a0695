// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Archive/Utf8Text.h"
#include "../../Plugin/Http/DataUri.h"
#include "../../Plugin/Http/FormData.h"
#include "../../Plugin/Rest/DocumentRequest.h"

namespace OrthancPlugins
{
  namespace
  {
    bool IsWithin(std::string_view part, std::string_view whole)
    {
      return part.empty() || (part.data() >= whole.data() &&
                              part.data() + part.size() <= whole.data() + whole.size());
    }

    std::string EncodeBase64(std::string_view bytes)
    {
      static const char DIGITS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
      std::string text;
      for (std::size_t i = 0; i < bytes.size(); i += 3)
      {
        unsigned bits = 0;
        for (std::size_t j = 0; j < 3; j++)
        {
          bits = bits << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
        }
        for (std::size_t j = 0; j < 4; j++)
        {
          text += i + j <= bytes.size() ? DIGITS[(bits >> (18 - 6 * j)) & 63] : '=';
        }
      }
      return text;
    }

    void CheckDataUri(std::string_view text)
    {
      const std::optional<DataUri> uri = ParseDataUri(text);
      Require(!uri.has_value() || IsDataUri(text), "what is parsed begins with its scheme");
      if (uri.has_value())
      {
        Require(IsWithin(uri->data, text), "the data lies in the URI");
        Succeeds([&] { DecodeDataUri(*uri, false); });
        Succeeds([&] { DecodeDataUri(*uri, true); });
      }
      const std::string encoded = "data:application/pdf;base64," + EncodeBase64(text);
      const std::optional<DataUri> ours = ParseDataUri(encoded);
      Require(ours.has_value() && ours->isBase64 && ours->mime == "application/pdf",
              "our own URI is understood");
      Require(DecodeDataUri(*ours, false) == text, "bytes survive base64");
    }

    void CheckForm(std::string_view body, const std::string& boundary)
    {
      Succeeds(
        [&]
        {
          const std::vector<FormPart> parts = ParseFormData(body, boundary);
          Require(parts.size() <= 1000, "not too many parts");
          for (const FormPart& part : parts)
          {
            Require(IsWithin(part.content, body), "a part lies in the body");
            Require(part.content.find("\r\n--" + boundary) == std::string_view::npos,
                    "a part ends at the boundary");
          }
        });
    }
  } // namespace

  void FuzzDocumentRequest(std::string_view bytes)
  {
    FuzzInput input(bytes);
    HttpRequest request;
    request.method = HttpMethod::Post;
    while (!input.IsEmpty() && request.headers.size() < 40)
    {
      const std::string line = input.TakeLine();
      if (line.empty())
      {
        break;
      }
      const std::size_t colon = line.find(": ");
      request.headers[line.substr(0, colon)] =
        colon == std::string::npos ? "" : line.substr(colon + 2);
    }
    request.body = input.GetRest();
    Succeeds(
      [&]
      {
        const DocumentRequest parsed = ParseDocumentRequest(request);
        Require(IsWithin(parsed.content, request.body), "the document lies in the body");
        for (const auto& [name, value] : parsed.fields)
        {
          Require(GetDocumentFields().count(name) != 0, "only options that exist");
          Require(IsValidUtf8(value), "an option is UTF-8");
        }
      });
    const HeaderValue type = ParseHeaderValue(request.FindHeader("content-type").value_or(""));
    const auto boundary = type.parameters.find("boundary");
    CheckForm(request.body, boundary == type.parameters.end() ? "b" : boundary->second);
    CheckDataUri(request.body);
  }
} // namespace OrthancPlugins
