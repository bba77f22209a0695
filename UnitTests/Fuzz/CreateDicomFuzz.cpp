// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Dicom/DicomObject.h"
#include "../../Plugin/Core/Dicom/ElementWriter.h"
#include "../../Plugin/Core/Dicom/HeaderScanner.h"
#include "../../Plugin/Core/Dicom/PrivateDictionary.h"
#include "../../Plugin/Http/DataUri.h"
#include "../../Plugin/Rest/CreateDicomRequest.h"
#include "../../Plugin/Rest/XmlAnswer.h"
#include "../Fakes/DicomFiles.h"

#include <json/reader.h>
#include <json/value.h>

#include <memory>

namespace OrthancPlugins
{
  namespace
  {
    const PrivateDictionary& GetDictionary()
    {
      static const PrivateDictionary* const dictionary =
        new PrivateDictionary({{0x0405, 1, "A", "ST", "FuzzText", 1, 1},
                               {0x0405, 2, "A", "DS", "FuzzNumbers", 2, 4},
                               {0x0407, 3, "B", "SQ", "FuzzItems", 1, 1},
                               {0x0407, 4, "B", "US", "FuzzPair", 2, 2}},
                              nullptr, [](const std::string&) {});
      return *dictionary;
    }

    void CheckContents(const CreateDicomRequest& request, std::string_view body)
    {
      for (const ContentItem& item : request.contents)
      {
        if (item.uri.empty())
        {
          Require(!item.problems.empty(), "what is missing is a problem");
          continue;
        }
        Require(item.uri.data() >= body.data() &&
                  item.uri.data() + item.uri.size() <= body.data() + body.size(),
                "a content lies in the body");
        const std::optional<DataUri> uri = ParseDataUri(item.uri);
        Require(uri.has_value(), "a content is a data URI");
        Succeeds([&] { DecodeDataUri(*uri, true); });
      }
      Require(!request.tagsOffset.has_value() || *request.tagsOffset <= body.size(),
              "the tags lie in the body");
    }

    // What was stored can be read again, and shown
    void CheckObject(DicomObject& object)
    {
      const std::string json = object.ToJson();
      Json::Value value;
      std::string errors;
      const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
      Require(reader->parse(json.data(), json.data() + json.size(), &value, &errors),
              "DICOM JSON is JSON");
      JsonToXml(json);
      Succeeds(
        [&]
        {
          const MemoryFile file(object.Serialize().head);
          ScanHeader(file);
        });
    }
  } // namespace

  void FuzzCreateDicom(std::string_view bytes)
  {
    FuzzInput input(bytes);
    const std::uint8_t choice = input.TakeByte();
    const std::string_view body = input.GetRest();
    std::optional<CreateDicomRequest> request;
    if (!Succeeds([&] { request = ParseCreateDicom(body, (choice & 1) != 0 ? "A" : ""); }) ||
        !request.has_value())
    {
      return;
    }
    CheckContents(*request, body);

    std::unique_ptr<DicomObject> object;
    const std::string charset = (choice & 2) != 0 ? "ISO_IR 100" : "ISO_IR 192";
    if (!Succeeds([&]
                  { object = std::make_unique<DicomObject>(request->charset.value_or(charset)); }))
    {
      return;
    }
    std::vector<std::string> problems;
    const bool isCollecting = (choice & 4) != 0;
    Succeeds(
      [&]
      {
        object->Write(request->tags, GetDictionary(), request->privateCreator,
                      isCollecting ? &problems : nullptr);
        CheckObject(*object);
      });
  }
} // namespace OrthancPlugins
