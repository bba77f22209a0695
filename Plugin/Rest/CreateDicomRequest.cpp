// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CreateDicomRequest.h"

#include "../Core/Attempt.h"
#include "../Core/Dicom/ElementWriter.h"
#include "../Core/Failure.h"
#include "../Http/DataUri.h"

#include <json/reader.h>
#include <json/value.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace OrthancPlugins
{
  namespace
  {
    constexpr int MAX_JSON_DEPTH = 100;

    bool TryParse(const std::string& text, Json::Value& value)
    {
      Json::CharReaderBuilder builder;
      builder["collectComments"] = false;
      builder["stackLimit"] = MAX_JSON_DEPTH;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      try
      {
        return reader->parse(text.data(), text.data() + text.size(), &value, nullptr);
      }
      catch (const Json::Exception&)
      {
        return false; // nested too deeply
      }
    }

    Failure Refuse(const std::string& tag, const std::string& why)
    {
      return Failure(FailureKind::OutOfRange, "Tag \"" + DescribeTag(tag) + "\": " + why);
    }

    // The shortest text that gives the same number: a DS has 16 characters only
    std::string FormatNumber(const Json::Value& value)
    {
      if (value.type() != Json::realValue)
      {
        return value.asString();
      }
      char text[64];
      for (const int digits : {15, 16, 17})
      {
        std::snprintf(text, sizeof(text), "%.*g", digits, value.asDouble());
        if (std::strtod(text, nullptr) == value.asDouble())
        {
          break;
        }
      }
      return text;
    }

    class Parser
    {
    public:
      // "problems": of a dry run, which goes on; null: the first one is thrown
      Parser(const LongJson& json, bool interpretsBinary, std::vector<std::string>* problems)
        : json_(json),
          interpretsBinary_(interpretsBinary),
          problems_(problems)
      {
      }

      std::vector<std::string>* GetProblems() const { return problems_; }

      NewItem ParseTags(const Json::Value& tags)
      {
        NewItem item;
        for (const std::string& name : tags.getMemberNames())
        {
          Attempt(problems_, [&] { item.push_back(ParseElement(name, tags[name])); });
        }
        return item;
      }

      // A string in full, whether it was taken out or not
      std::string GetText(const Json::Value& value) const
      {
        const std::optional<std::string_view> inside = json_.Find(value.asString());
        if (!inside.has_value())
        {
          return value.asString();
        }
        Json::Value whole;
        return TryParse("[\"" + std::string(*inside) + "\"]", whole) ? whole[0].asString() : "";
      }

      bool HasDicomJson() const { return hasDicomJson_; }

    private:
      NewElement ParseElement(const std::string& name, const Json::Value& value)
      {
        NewElement element;
        element.tag = name;
        if (value.isObject())
        {
          ParseDicomJson(value, element);
        }
        else if (value.isArray())
        {
          ParseArray(value, element);
        }
        else
        {
          AddValue(value, element);
        }
        return element;
      }

      void ParseArray(const Json::Value& value, NewElement& element)
      {
        for (const Json::Value& item : value)
        {
          if (item.isObject() && !element.isSequence && !element.values.empty())
          {
            throw Refuse(element.tag, "items and values are mixed");
          }
          if (item.isObject())
          {
            element.isSequence = true;
            element.items.push_back(ParseTags(item));
          }
          else if (element.isSequence)
          {
            throw Refuse(element.tag, "items and values are mixed");
          }
          else
          {
            AddValue(item, element);
          }
        }
      }

      void AddValue(const Json::Value& value, NewElement& element)
      {
        if (value.isNull())
        {
          return;
        }
        if (value.isString())
        {
          const std::optional<std::string_view> inside = json_.Find(value.asString());
          if (inside.has_value() && IsDataUri(*inside) && interpretsBinary_)
          {
            element.binary = TryDecode(*inside);
            element.isBrokenUri = !element.binary.has_value();
          }
          element.values.push_back(GetText(value));
        }
        else if (value.isNumeric())
        {
          element.values.push_back(FormatNumber(value));
          element.hasNumbers = true;
        }
        else
        {
          throw Refuse(element.tag, "the value must be a text, a number or a list");
        }
      }

      // A text may begin as a data URI does: what it is depends on the VR, which is not known here
      static std::optional<std::string> TryDecode(std::string_view text)
      {
        try
        {
          const std::optional<DataUri> uri = ParseDataUri(text);
          return uri.has_value() ? std::make_optional(DecodeDataUri(*uri, true)) : std::nullopt;
        }
        catch (const Failure&)
        {
          return std::nullopt;
        }
      }

      // PS3.18 F.2
      void ParseDicomJson(const Json::Value& value, NewElement& element)
      {
        hasDicomJson_ = true;
        if (!value["vr"].isString())
        {
          throw Refuse(element.tag, "a \"vr\" is missing");
        }
        element.vr = value["vr"].asString();
        if (value["PrivateCreator"].isString())
        {
          element.privateCreator = value["PrivateCreator"].asString();
        }
        const int count = (value.isMember("Value") ? 1 : 0) +
                          (value.isMember("InlineBinary") ? 1 : 0) +
                          (value.isMember("BulkDataURI") ? 1 : 0);
        if (count > 1 || (element.vr == "SQ" && count == 1 && !value.isMember("Value")))
        {
          throw Refuse(element.tag,
                       "it has one of \"Value\", \"InlineBinary\" and \"BulkDataURI\", "
                       "and a sequence has a \"Value\"");
        }
        if (value.isMember("InlineBinary"))
        {
          element.binary = DecodeInlineBinary(value["InlineBinary"]);
          if (!element.binary.has_value())
          {
            throw Refuse(element.tag, "\"InlineBinary\" must be base64");
          }
        }
        if (value.isMember("BulkDataURI"))
        {
          AddValue(value["BulkDataURI"], element);
          if (!element.binary.has_value())
          {
            throw Refuse(element.tag, "\"BulkDataURI\" must be a data URI");
          }
          element.values.clear();
        }
        const Json::Value& values = value["Value"];
        if (!values.isNull() && !values.isArray())
        {
          throw Refuse(element.tag, "\"Value\" must be a list");
        }
        element.isSequence = element.vr == "SQ";
        for (const Json::Value& one : values)
        {
          AddDicomJsonValue(one, element);
        }
      }

      std::optional<std::string> DecodeInlineBinary(const Json::Value& value) const
      {
        if (!value.isString())
        {
          return std::nullopt;
        }
        DataUri uri;
        uri.isBase64 = true;
        const std::string text = value.asString();
        const std::optional<std::string_view> inside = json_.Find(text);
        uri.data = inside.value_or(std::string_view(text));
        try
        {
          return DecodeDataUri(uri, inside.has_value());
        }
        catch (const Failure&)
        {
          return std::nullopt;
        }
      }

      void AddDicomJsonValue(const Json::Value& value, NewElement& element)
      {
        if (element.vr == "SQ")
        {
          if (!value.isObject())
          {
            throw Refuse(element.tag, "the value must be a list of items");
          }
          element.items.push_back(ParseTags(value));
        }
        else if (element.vr == "PN" && value.isObject())
        {
          element.values.push_back(JoinName(value));
        }
        else if (value.isNull())
        {
          element.values.emplace_back(); // an empty value among others
        }
        else
        {
          AddValue(value, element);
        }
      }

      static std::string JoinName(const Json::Value& name)
      {
        std::string joined;
        for (const char* group : {"Alphabetic", "Ideographic", "Phonetic"})
        {
          joined += name[group].isString() ? name[group].asString() : "";
          joined += '=';
        }
        while (!joined.empty() && joined.back() == '=')
        {
          joined.pop_back();
        }
        return joined;
      }

      const LongJson& json_;
      bool interpretsBinary_;
      std::vector<std::string>* problems_;
      bool hasDicomJson_ = false;
    };

    bool IsPrivateName(const std::string& name)
    {
      const std::optional<TagNumber> tag = ParseTagNumber(name);
      return tag.has_value() ? tag->IsPrivate() : !FindStandardTag(name).has_value();
    }

    bool HasPrivate(const NewItem& tags)
    {
      return std::any_of(tags.begin(), tags.end(),
                         [](const NewElement& element)
                         {
                           return IsPrivateName(element.tag) ||
                                  std::any_of(element.items.begin(), element.items.end(),
                                              &HasPrivate);
                         });
    }

    // With the code of the host, which would not tell the field
    void CheckType(const Json::Value& body,
                   const char* name,
                   bool (Json::Value::*is)() const,
                   const char* expected)
    {
      if (body.isMember(name) && !(body[name].*is)())
      {
        throw Failure(FailureKind::BadRequest,
                      std::string(expected) + " value expected in field: " + name);
      }
    }

    void CheckTypes(const Json::Value& body)
    {
      if (!body.isObject())
      {
        throw Failure(FailureKind::BadRequest, "The body must be a JSON object");
      }
      CheckType(body, "Tags", &Json::Value::isObject, "Object");
      CheckType(body, "Force", &Json::Value::isBool, "Boolean");
      CheckType(body, "PrivateCreator", &Json::Value::isString, "String");
      CheckType(body, "InterpretBinaryTags", &Json::Value::isBool, "Boolean");
      CheckType(body, "Encapsulate", &Json::Value::isBool, "Boolean");
      CheckType(body, "Parent", &Json::Value::isString, "String");
    }

    std::string ReadText(const Json::Value& body, const char* name)
    {
      if (!body.isMember(name))
      {
        return "";
      }
      if (!body[name].isString())
      {
        throw Failure(FailureKind::BadFormat,
                      std::string("String value expected in field: ") + name);
      }
      return body[name].asString();
    }

    bool ReadBoolean(const Json::Value& body, const char* name)
    {
      if (body.isMember(name) && !body[name].isBool())
      {
        throw Failure(FailureKind::BadFormat,
                      std::string("Boolean value expected in field: ") + name);
      }
      return body.isMember(name) && body[name].asBool();
    }

    ContentItem ParseContent(const Json::Value& value, const LongJson& json, Parser& parser)
    {
      ContentItem item;
      const Json::Value& content = value.isObject() ? value["Content"] : value;
      const std::optional<std::string_view> inside =
        content.isString() ? json.Find(content.asString()) : std::nullopt;
      if (!inside.has_value() || !ParseDataUri(*inside).has_value())
      {
        throw Failure(FailureKind::BadFormat, "\"Content\" must be a data URI (RFC 2397)");
      }
      item.uri = *inside;
      if (value.isObject() && value.isMember("Tags"))
      {
        if (!value["Tags"].isObject())
        {
          throw Failure(FailureKind::BadFormat,
                        "\"Tags\" of an item of \"Content\" must be an object");
        }
        item.tags = parser.ParseTags(value["Tags"]);
      }
      return item;
    }

    void ReadContents(const Json::Value& body,
                      const LongJson& json,
                      Parser& parser,
                      CreateDicomRequest& request)
    {
      if (!body.isMember("Content"))
      {
        return;
      }
      const Json::Value& content = body["Content"];
      request.isArray = content.isArray() && !content.empty();
      const auto add = [&](const Json::Value& item)
      {
        const auto knownCount = static_cast<std::ptrdiff_t>(request.problems.size());
        ContentItem parsed;
        Attempt(parser.GetProblems(), [&] { parsed = ParseContent(item, json, parser); });
        const auto own = request.problems.begin() + knownCount;
        parsed.problems.assign(own, request.problems.end());
        request.problems.erase(own, request.problems.end());
        request.contents.push_back(parsed);
      };
      if (!content.isArray())
      {
        add(content);
        return;
      }
      for (const Json::Value& item : content)
      {
        add(item);
      }
    }

    // A data URI in EncapsulatedDocument is content
    void TakeEncapsulated(Json::Value& tags, const LongJson& json, CreateDicomRequest& request)
    {
      for (const std::string& name : tags.getMemberNames())
      {
        const std::optional<TagNumber> tag = ParseTagNumber(name);
        const bool isDocument = name == "EncapsulatedDocument" ||
                                (tag.has_value() && tag->group == 0x0042 && tag->element == 0x0011);
        if (!isDocument || !tags[name].isString() || !request.contents.empty())
        {
          continue;
        }
        const std::optional<std::string_view> inside = json.Find(tags[name].asString());
        if (inside.has_value() && ParseDataUri(*inside).has_value())
        {
          ContentItem item;
          item.uri = *inside;
          request.contents.push_back(item);
          tags.removeMember(name);
          return;
        }
      }
    }

    std::optional<CodedConcept> ReadConcept(const Json::Value& body)
    {
      if (!body.isMember("ConceptNameCode"))
      {
        return std::nullopt;
      }
      const Json::Value& code = body["ConceptNameCode"];
      const bool isComplete = code.isObject() && code["CodeValue"].isString() &&
                              code["CodingSchemeDesignator"].isString() &&
                              code["CodeMeaning"].isString();
      if (!isComplete)
      {
        throw Failure(
          FailureKind::BadFormat,
          "\"ConceptNameCode\" needs CodeValue, CodingSchemeDesignator and CodeMeaning");
      }
      return CodedConcept{code["CodeValue"].asString(), code["CodingSchemeDesignator"].asString(),
                          code["CodeMeaning"].asString()};
    }

    bool HasPrivateNumber(const Json::Value& fields)
    {
      const std::vector<std::string> names = fields.getMemberNames();
      return std::any_of(names.begin(), names.end(),
                         [](const std::string& name)
                         {
                           const std::optional<TagNumber> tag = ParseTagNumber(name);
                           return tag.has_value() && tag->IsPrivate();
                         });
    }

    // The oldest form of the route has attributes as members of the body, and pixel data as one of them
    Json::Value ModernizeLegacy(const Json::Value& fields)
    {
      Json::Value modern(Json::objectValue);
      modern["Tags"] = fields;
      if (fields.isMember("PixelData"))
      {
        modern["Content"] = fields["PixelData"];
        modern["Tags"].removeMember("PixelData");
      }
      return modern;
    }

    void ReadTags(const Json::Value& tags, Parser& parser, CreateDicomRequest& request)
    {
      request.tags = parser.ParseTags(tags);
      request.hasDicomJson = parser.HasDicomJson();
      request.hasPrivateTags =
        HasPrivate(request.tags) ||
        std::any_of(request.contents.begin(), request.contents.end(),
                    [](const ContentItem& item) { return HasPrivate(item.tags); });
      for (const NewElement& element : request.tags)
      {
        const std::optional<TagNumber> tag = ParseTagNumber(element.tag);
        const auto is = [&](const char* name, unsigned number)
        {
          return element.tag == name ||
                 (tag.has_value() && tag->group == 0x0008 && tag->element == number);
        };
        request.hasSopClass = request.hasSopClass || is("SOPClassUID", 0x0016);
        if (is("SpecificCharacterSet", 0x0005) && !element.values.empty())
        {
          request.charset = element.values[0];
          for (std::size_t i = 1; i < element.values.size(); i++)
          {
            *request.charset += "\\" + element.values[i];
          }
        }
      }
    }
  } // namespace

  CreateDicomRequest ParseCreateDicom(std::string_view body, const std::string& defaultCreator)
  {
    const LongJson json(body);
    Json::Value fields;
    if (!TryParse(json.GetShortText(), fields))
    {
      throw Failure(FailureKind::BadRequest, "The body is no JSON, or nested too deeply");
    }
    CheckTypes(fields);
    CreateDicomRequest request;
    request.isLegacy = !fields.isMember("Tags");
    request.tagsOffset = request.isLegacy ? json.GetObjectOffset() : json.GetTagsOffset();
    if (request.isLegacy && HasPrivateNumber(fields))
    {
      fields = ModernizeLegacy(fields);
      request.isLegacy = false;
    }
    if (request.isLegacy)
    {
      request.hasSopClass = fields.isMember("SOPClassUID");
      return request;
    }
    request.interpretsBinary = fields.get("InterpretBinaryTags", true).asBool();
    request.isDryRun = ReadBoolean(fields, "DryRun");
    Parser parser(json, request.interpretsBinary, request.isDryRun ? &request.problems : nullptr);
    ReadContents(fields, json, parser, request);
    TakeEncapsulated(fields["Tags"], json, request);
    ReadTags(fields["Tags"], parser, request);
    if (fields.isMember("Parent"))
    {
      request.parent = fields["Parent"].asString();
    }
    request.isForced = fields.get("Force", false).asBool();
    request.isEncapsulated = fields.get("Encapsulate", false).asBool();
    request.privateCreator =
      fields.isMember("PrivateCreator") ? fields["PrivateCreator"].asString() : defaultCreator;
    request.replaces = ReadText(fields, "Replaces");
    request.conceptName = ReadConcept(fields);
    if (fields.isMember("BurnedInAnnotation"))
    {
      request.isBurnedIn = ReadBoolean(fields, "BurnedInAnnotation");
    }
    return request;
  }
} // namespace OrthancPlugins
