// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostDictionaryCheck.h"

#include "Core/Dicom/NewElement.h"
#include "Core/Dicom/PrivateDictionary.h"

#include <json/reader.h>
#include <json/value.h>

#include <map>
#include <memory>
#include <optional>

namespace OrthancPlugins
{
  namespace
  {
    constexpr Json::ArrayIndex CREATOR_INDEX = 4; // [VR, name, minimum, maximum, creator]
    constexpr unsigned FIRST_ELEMENT = 0x1000;

    Json::Value FindDictionary(const std::string& configuration)
    {
      Json::Value value;
      const Json::CharReaderBuilder builder;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      const char* const begin = configuration.data();
      const bool isParsed = reader->parse(begin, begin + configuration.size(), &value, nullptr);
      return isParsed && value.isObject() && value["Dictionary"].isObject()
               ? value["Dictionary"]
               : Json::Value(Json::objectValue);
    }

    std::string GetText(const Json::Value& entry, Json::ArrayIndex index)
    {
      return entry.isArray() && entry.size() > index && entry[index].isString()
               ? entry[index].asString()
               : "";
    }

    // Empty if it is a good one. "creators": by name, of the entries before
    std::string FindProblem(const TagNumber& tag,
                            const Json::Value& entry,
                            std::map<std::string, std::string>& creators)
    {
      const std::string name = GetText(entry, 1);
      const std::string creator = GetText(entry, CREATOR_INDEX);
      if (tag.element < FIRST_ELEMENT && !tag.isAnyBlock)
      {
        return "creators of private blocks are always LO, and need no entry (PS3.5 7.8.1)";
      }
      const std::optional<StandardTag> standard = FindStandardTag(name);
      if (standard.has_value() && !standard->tag.IsPrivate())
      {
        return "its name is that of an attribute of the standard";
      }
      if (!IsPrivateCreator(creator))
      {
        return "it has no private creator of 1 to 64 characters of the default repertoire";
      }
      const auto [first, isNew] = creators.emplace(name, creator);
      return isNew || first->second == creator
               ? ""
               : "its name is that of an attribute of another private creator";
    }
  } // namespace

  std::vector<std::string> CheckHostDictionary(const std::string& configuration)
  {
    const Json::Value dictionary = FindDictionary(configuration);
    std::vector<std::string> lines;
    std::map<std::string, std::string> creators;
    for (const std::string& key : dictionary.getMemberNames())
    {
      const std::optional<TagNumber> tag = ParseTagNumber(key);
      if (!tag.has_value() || !tag->IsPrivate())
      {
        continue; // an attribute of a newer standard, or the host says what it thinks of it
      }
      const std::string problem = FindProblem(*tag, dictionary[key], creators);
      if (!problem.empty())
      {
        lines.push_back("Option \"Dictionary\", entry " + FormatTagNumber(*tag) + ": " + problem);
      }
    }
    return lines;
  }
} // namespace OrthancPlugins
