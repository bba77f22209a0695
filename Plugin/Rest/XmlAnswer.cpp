// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "XmlAnswer.h"

#include "../Core/Failure.h"

#include <json/reader.h>
#include <json/value.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::string_view JSON_MIME = "application/json";
    constexpr std::string_view XML_MIME = "application/xml";
    constexpr const char* XML_ANSWER_MIME = "application/xml; charset=utf-8";
    constexpr const char* XML_DECLARATION = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

    bool IsJson(std::string_view mime)
    {
      return mime.substr(0, mime.find(';')) == JSON_MIME;
    }

    Json::Value ParseJson(std::string_view text)
    {
      const Json::CharReaderBuilder builder;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      Json::Value value;
      if (!reader->parse(text.data(), text.data() + text.size(), &value, nullptr))
      {
        throw Failure(FailureKind::Internal, "An answer is no JSON");
      }
      return value;
    }

    bool IsControl(char c)
    {
      return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    }

    void AppendText(std::string& target, const std::string& text)
    {
      for (const char c : text)
      {
        switch (c)
        {
        case '<':
          target += "&lt;";
          break;
        case '>':
          target += "&gt;";
          break;
        case '&':
          target += "&amp;";
          break;
        default:
          if (IsControl(c))
          {
            target += "&#";
            target += static_cast<char>('0' + c / 10);
            target += static_cast<char>('0' + c % 10);
            target += ';';
          }
          else
          {
            target += c;
          }
        }
      }
    }

    std::string MakeName(std::string name)
    {
      constexpr std::string_view UNSAFE = "<>&/=\"' \t\r\n";
      std::replace_if(
        name.begin(), name.end(),
        [=](char c) { return IsControl(c) || UNSAFE.find(c) != std::string_view::npos; }, '_');
      return name.empty() ? "_" : name;
    }

    std::string FormatReal(float value)
    {
      std::array<char, 64> text = {};
      const std::to_chars_result end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 9);
      return std::string(text.data(), end.ptr);
    }

    std::string FormatScalar(const Json::Value& value)
    {
      switch (value.type())
      {
      case Json::realValue:
        return FormatReal(value.asFloat());
      case Json::nullValue:
        return "null";
      default:
        return value.asString();
      }
    }

    void AppendElement(std::string& target,
                       const std::string& name,
                       const Json::Value& value,
                       std::size_t depth);

    void AppendChildren(std::string& target, const Json::Value& value, std::size_t depth)
    {
      if (value.isArray())
      {
        for (const Json::Value& item : value)
        {
          AppendElement(target, "item", item, depth);
        }
        return;
      }
      for (const std::string& member : value.getMemberNames())
      {
        AppendElement(target, MakeName(member), value[member], depth);
      }
    }

    void AppendElement(std::string& target,
                       const std::string& name,
                       const Json::Value& value,
                       std::size_t depth)
    {
      const std::string indentation(2 * depth, ' ');
      target += indentation + "<" + name;
      const bool hasChildren = value.isArray() || value.isObject();
      if (hasChildren && value.empty())
      {
        target += " />\n";
        return;
      }
      target += ">";
      if (hasChildren)
      {
        target += "\n";
        AppendChildren(target, value, depth + 1);
        target += indentation;
      }
      else
      {
        AppendText(target, FormatScalar(value));
      }
      target += "</" + name + ">\n";
    }
  } // namespace

  bool IsXmlWanted(const HttpRequest& request)
  {
    const std::string accept = request.FindHeader("accept").value_or("");
    bool isWanted = false;
    for (std::string_view rest = accept; !rest.empty();)
    {
      const std::string_view part = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(part.size() + 1, rest.size()));
      if (part == XML_MIME || part == JSON_MIME)
      {
        isWanted = part == XML_MIME;
      }
    }
    return isWanted;
  }

  std::string JsonToXml(std::string_view json)
  {
    std::string xml = XML_DECLARATION;
    AppendElement(xml, "root", ParseJson(json), 0);
    return xml;
  }

  void XmlAnswer::TextSink::Write(const void* data, std::size_t sizeBytes)
  {
    text.append(static_cast<const char*>(data), sizeBytes);
  }

  XmlAnswer::XmlAnswer(IHttpAnswer& answer)
    : ForwardingAnswer(answer)
  {
  }

  void XmlAnswer::SendBuffer(std::string_view body, const std::string& mime)
  {
    if (IsJson(mime))
    {
      ForwardingAnswer::SendBuffer(JsonToXml(body), XML_ANSWER_MIME);
    }
    else
    {
      ForwardingAnswer::SendBuffer(body, mime);
    }
  }

  void XmlAnswer::SendJson(const std::string& json)
  {
    ForwardingAnswer::SendBuffer(JsonToXml(json), XML_ANSWER_MIME);
  }

  IByteSink& XmlAnswer::BeginStream(const std::string& mime,
                                    std::optional<std::uint64_t> lengthBytes,
                                    StreamFraming framing)
  {
    isCollecting_ = IsJson(mime);
    return isCollecting_ ? json_ : ForwardingAnswer::BeginStream(mime, lengthBytes, framing);
  }

  void XmlAnswer::FlushStream()
  {
    if (!isCollecting_)
    {
      ForwardingAnswer::FlushStream();
    }
  }

  void XmlAnswer::EndStream()
  {
    if (isCollecting_)
    {
      SendJson(json_.text);
    }
    else
    {
      ForwardingAnswer::EndStream();
    }
  }
} // namespace OrthancPlugins
