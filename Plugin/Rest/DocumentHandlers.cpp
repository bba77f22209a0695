// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DocumentHandlers.h"

#include "DocumentMeter.h"
#include "DocumentRequest.h"
#include "HostJobs.h"
#include "ObjectCreator.h"

#include "../Core/Dicom/CapturedJpeg.h"
#include "../Core/Dicom/PdfInspector.h"
#include "../Core/Failure.h"

#include <json/reader.h>
#include <json/value.h>
#include <json/writer.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // For a document that is being stored: more than a large one takes
    constexpr std::chrono::seconds MAX_WAIT(30);

    // What a parent decides, so that an option for it only serves to find the parent
    const std::set<std::string> OF_PATIENT = {"PatientID", "PatientName", "PatientBirthDate",
                                              "PatientSex"};
    const std::set<std::string> OF_STUDY = {
      "AccessionNumber",  "StudyInstanceUID",      "StudyID", "StudyDate", "StudyTime",
      "StudyDescription", "ReferringPhysicianName"};

    NewElement MakeText(const std::string& tag, const std::string& value)
    {
      NewElement element;
      element.tag = tag;
      element.values = {value};
      element.isChecked = true;
      return element;
    }

    std::string GetField(const DocumentRequest& request, const char* name)
    {
      const auto found = request.fields.find(name);
      return found == request.fields.end() ? "" : found->second;
    }

    bool ParseBoolean(const std::string& name, const std::string& text)
    {
      if (text == "YES" || text == "yes" || text == "true" || text == "1")
      {
        return true;
      }
      if (text == "NO" || text == "no" || text == "false" || text == "0")
      {
        return false;
      }
      throw Failure(FailureKind::OutOfRange, "Option \"" + name + "\" must be YES or NO");
    }

    // "code^scheme^meaning"
    CodedConcept ParseConcept(const std::string& text)
    {
      const std::size_t first = text.find('^');
      const std::size_t second =
        first == std::string::npos ? std::string::npos : text.find('^', first + 1);
      if (second == std::string::npos)
      {
        throw Failure(FailureKind::OutOfRange,
                      "Option \"ConceptNameCode\" must be \"code^scheme^meaning\"");
      }
      return {text.substr(0, first), text.substr(first + 1, second - first - 1),
              text.substr(second + 1)};
    }

    // The name of the file without folders and extension
    std::string MakeTitle(const std::string& filename)
    {
      const std::size_t folder = filename.find_last_of("/\\");
      const std::string name = folder == std::string::npos ? filename : filename.substr(folder + 1);
      const std::size_t dot = name.rfind('.');
      return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
    }

    void Store(const Services& services,
               const DocumentRequest& request,
               const std::optional<ParentChoice>& parent,
               const std::function<void()>& releaseBody,
               IHttpAnswer& answer)
    {
      std::vector<std::string> warnings;
      CapturedImage image;
      if (request.kind.has_value())
      {
        CheckDocument(*request.kind, request.content);
      }
      else
      {
        image = LooksLikeJpeg(request.content) ? CaptureJpeg(request.content)
                                               : DecodePng(request.content);
      }
      if (request.kind == DocumentKind::Pdf)
      {
        warnings = CheckActiveContent(services, request.content);
      }

      NewObject object;
      object.parent = parent;
      object.kind = request.kind;
      object.content = request.kind.has_value() ? request.content : std::string_view();
      object.releaseContent = releaseBody;
      object.image = request.kind.has_value() ? nullptr : &image;
      object.charset = services.settings.host.defaultCharset;
      object.replaces = GetField(request, "Replaces");
      object.options = MakeObjectOptions(services);
      // The StudyInstanceUID of a new study is the client's to choose
      object.isForced = !parent.has_value() || parent->level == ResourceLevel::Patient;
      for (const auto& [field, value] : request.fields)
      {
        const bool isImageTitle = field == "Title" && !request.kind.has_value();
        const std::string keyword = isImageTitle ? "ImageComments" : GetDocumentFields().at(field);
        const bool isOfParent =
          parent.has_value() &&
          (OF_PATIENT.count(field) != 0 ||
           (parent->level != ResourceLevel::Patient && OF_STUDY.count(field) != 0));
        if (!keyword.empty() && !isOfParent)
        {
          object.tags.push_back(MakeText(keyword, value));
        }
      }
      if (request.fields.count("BurnedInAnnotation") != 0)
      {
        object.options.isBurnedIn =
          ParseBoolean("BurnedInAnnotation", GetField(request, "BurnedInAnnotation"));
      }
      if (request.fields.count("ConceptNameCode") != 0)
      {
        object.options.conceptName = ParseConcept(GetField(request, "ConceptNameCode"));
      }
      if (!object.replaces.empty() && !IsPlainName(object.replaces))
      {
        throw Failure(FailureKind::OutOfRange, "Option \"Replaces\" must be an Orthanc identifier");
      }
      if (request.kind == DocumentKind::Pdf && request.fields.count("Title") == 0)
      {
        object.options.title = FindPdfTitle(request.content);
      }
      if (object.options.title.empty() && request.kind != DocumentKind::Cda)
      {
        object.options.title = MakeTitle(request.filename);
      }
      ObjectCreator creator(services);
      HostAnswer host = creator.Store(object);
      warnings.insert(warnings.end(), creator.GetWarnings().begin(), creator.GetWarnings().end());
      AddWarnings(host, warnings);
      Forward(host, "application/json", answer);
    }

    void StoreBelow(const Services& services,
                    ResourceLevel level,
                    const HttpRequest& request,
                    IHttpAnswer& answer)
    {
      AnswerCounted(services.metrics,
                    [&]
                    {
                      const DocumentRequest document = ParseDocumentRequest(request);
                      Store(services, document, ParentChoice{level, request.groups.at(0)},
                            request.releaseBody, answer);
                    });
    }

    // ---- Finding the study

    std::string WriteQuery(const char* level, const Json::Value& query)
    {
      Json::Value body;
      body["Level"] = level;
      body["Query"] = query;
      body["Expand"] = true;
      body["CaseSensitive"] = true;
      Json::StreamWriterBuilder builder;
      builder["indentation"] = "";
      return Json::writeString(builder, body);
    }

    Json::Value Find(const Services& services, const char* level, const Json::Value& query)
    {
      const HostAnswer host =
        services.host.Call(HttpMethod::Post, "/tools/find", WriteQuery(level, query));
      CheckAnswer(host);
      Json::Value found;
      const Json::CharReaderBuilder builder;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      const char* const begin = host.body.data();
      if (!reader->parse(begin, begin + host.body.size(), &found, nullptr) || !found.isArray())
      {
        throw Failure(FailureKind::Internal, "Orthanc has not answered with JSON");
      }
      return found;
    }

    std::string GetTag(const Json::Value& resource, const char* part, const char* name)
    {
      const Json::Value& tags = resource[part];
      return tags.isObject() && tags[name].isString() ? tags[name].asString() : "";
    }

    // The host matches with wild cards: only what is really equal counts
    std::vector<Json::Value> KeepEqual(const Json::Value& found,
                                       const DocumentRequest& request,
                                       const std::vector<std::pair<const char*, const char*>>& keys)
    {
      std::vector<Json::Value> equal;
      for (const Json::Value& resource : found)
      {
        bool isEqual = true;
        for (const auto& [part, name] : keys)
        {
          const std::string wanted = GetField(request, name);
          isEqual = isEqual && (wanted.empty() || GetTag(resource, part, name) == wanted);
        }
        if (isEqual)
        {
          equal.push_back(resource);
        }
      }
      return equal;
    }

    void CheckSearchable(const DocumentRequest& request)
    {
      for (const char* name : {"PatientID", "AccessionNumber", "StudyInstanceUID"})
      {
        if (GetField(request, name).find_first_of("*?\\") != std::string::npos)
        {
          throw Failure(FailureKind::OutOfRange,
                        std::string("Option \"") + name + "\" has a character that is a wild card");
        }
      }
    }

    void
    CheckSamePatient(const DocumentRequest& request, const Json::Value& resource, const char* part)
    {
      for (const char* name : {"PatientName", "PatientBirthDate"})
      {
        const std::string wanted = GetField(request, name);
        const std::string there = GetTag(resource, part, name);
        if (!wanted.empty() && !there.empty() && wanted != there)
        {
          throw Failure(FailureKind::Conflict, std::string("There is a patient of that identifier, "
                                                           "but with another ") +
                                                 name);
        }
      }
    }

    // By which others find it; empty if there is nothing
    std::string GetNameOfStudy(const DocumentRequest& request)
    {
      const std::string uid = GetField(request, "StudyInstanceUID");
      const std::string accessionNumber = GetField(request, "AccessionNumber");
      return !uid.empty()               ? "StudyInstanceUID " + uid
             : !accessionNumber.empty() ? "AccessionNumber " + accessionNumber
                                        : "";
    }

    std::optional<ParentChoice> FindParent(const Services& services, const DocumentRequest& request)
    {
      CheckSearchable(request);
      const bool hasUid = !GetField(request, "StudyInstanceUID").empty();
      if (hasUid || !GetField(request, "AccessionNumber").empty())
      {
        Json::Value query(Json::objectValue);
        const char* const key = hasUid ? "StudyInstanceUID" : "AccessionNumber";
        query[key] = GetField(request, key);
        const std::vector<Json::Value> studies =
          KeepEqual(Find(services, "Study", query), request,
                    {{"MainDicomTags", key}, {"PatientMainDicomTags", hasUid ? "" : "PatientID"}});
        if (studies.size() > 1)
        {
          throw Failure(
            FailureKind::Conflict,
            "Several studies match: name one by its StudyInstanceUID, or use its route");
        }
        if (studies.size() == 1)
        {
          const std::string patientId = GetField(request, "PatientID");
          if (!patientId.empty() &&
              GetTag(studies[0], "PatientMainDicomTags", "PatientID") != patientId)
          {
            throw Failure(FailureKind::Conflict, "The study is of another PatientID");
          }
          CheckSamePatient(request, studies[0], "PatientMainDicomTags");
          return ParentChoice{ResourceLevel::Study, studies[0]["ID"].asString()};
        }
      }
      if (!GetField(request, "PatientID").empty())
      {
        Json::Value query(Json::objectValue);
        query["PatientID"] = GetField(request, "PatientID");
        const std::vector<Json::Value> patients =
          KeepEqual(Find(services, "Patient", query), request, {{"MainDicomTags", "PatientID"}});
        if (patients.size() == 1)
        {
          CheckSamePatient(request, patients[0], "MainDicomTags");
          return ParentChoice{ResourceLevel::Patient, patients[0]["ID"].asString()};
        }
      }
      return std::nullopt;
    }
  } // namespace

  void
  PostPatientDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    StoreBelow(services, ResourceLevel::Patient, request, answer);
  }

  void PostStudyDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    StoreBelow(services, ResourceLevel::Study, request, answer);
  }

  void PostSeriesDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    StoreBelow(services, ResourceLevel::Series, request, answer);
  }

  void PostDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    AnswerCounted(services.metrics,
                  [&]
                  {
                    const DocumentRequest document = ParseDocumentRequest(request);
                    std::optional<ParentChoice> parent = FindParent(services, document);
                    std::optional<NameLocks::Lock> lock;
                    const std::string name = GetNameOfStudy(document);
                    const bool isNew =
                      !parent.has_value() || parent->level == ResourceLevel::Patient;
                    if (isNew && !name.empty())
                    {
                      // Two that come at once would make a study each. Who stores a document because
                      // Orthanc has just told of this very one (a script) must not wait for itself
                      lock.emplace(services.newStudies, name, MAX_WAIT);
                      parent = FindParent(services, document);
                    }
                    Store(services, document, parent, request.releaseBody, answer);
                  });
  }
} // namespace OrthancPlugins
