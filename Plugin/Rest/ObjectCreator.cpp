// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ObjectCreator.h"

#include "DocumentMeter.h"
#include "HostJobs.h"

#include "../Core/Attempt.h"
#include "../Core/Dicom/ElementWriter.h"
#include "../Core/Dicom/PdfInspector.h"
#include "../Core/Failure.h"
#include "../Core/Spool/FileSink.h"
#include "../Core/Spool/MappedFile.h"

#include <json/reader.h>
#include <json/value.h>
#include <json/writer.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace OrthancPlugins
{
  struct ObjectCreator::Parent
  {
    ResourceLevel level = ResourceLevel::Study;
    std::unique_ptr<IInstanceData> sibling; // what the object takes from its parent is in its file
    std::unique_ptr<NumberReservations::Turn> turn; // null below a patient
    std::uint32_t highestNumber = 0; // of the series of a study, or the instances of a series
  };

  namespace
  {
    // From here on, a file goes to the host by way of the disk
    constexpr std::size_t SPOOLED_BYTES = 8u << 20;

    std::string_view GetBytes(const MappedFile& file)
    {
      return {reinterpret_cast<const char*>(file.GetData()),
              static_cast<std::size_t>(file.GetSizeBytes())};
    }

    // What the host lets a client replace although it is there
    const std::set<std::string> REPLACEABLE = {"PatientID",
                                               "AcquisitionDate",
                                               "AcquisitionTime",
                                               "ContentDate",
                                               "ContentTime",
                                               "StudyDate",
                                               "StudyTime",
                                               "SeriesDate",
                                               "SeriesTime",
                                               "SpecificCharacterSet",
                                               "InstanceCreationDate",
                                               "InstanceCreationTime"};

    // What identifies the object: only with "Force"
    const std::set<std::string> IDENTIFIERS = {"StudyInstanceUID", "SeriesInstanceUID",
                                               "SOPInstanceUID"};

    std::uint32_t ParseNumber(const DicomTags& tags, const char* name)
    {
      const auto found = tags.find(name);
      if (found == tags.end())
      {
        return 0;
      }
      // IS may have spaces around it and a sign; negative numbers are below all others
      const std::string& text = found->second;
      const std::size_t begin = std::min(text.find_first_not_of(" +"), text.size());
      std::uint32_t value = 0;
      std::from_chars(text.data() + begin, text.data() + text.size(), value);
      constexpr std::uint32_t MAX_NUMBER = 2'000'000'000; // so that a higher one is an IS
      return std::min(value, MAX_NUMBER);
    }

    const StoredInstance* FindInstance(const StoredPatient& patient)
    {
      for (const StoredStudy& study : patient.studies)
      {
        for (const StoredSeries& series : study.series)
        {
          if (!series.instances.empty())
          {
            return &series.instances.front();
          }
        }
      }
      return nullptr;
    }

    std::uint32_t GetHighestNumber(const StoredPatient& patient, ResourceLevel level)
    {
      std::uint32_t highest = 0;
      for (const StoredStudy& study : patient.studies)
      {
        for (const StoredSeries& series : study.series)
        {
          if (level == ResourceLevel::Study)
          {
            highest = std::max(highest, ParseNumber(series.tags, "SeriesNumber"));
            continue;
          }
          for (const StoredInstance& instance : series.instances)
          {
            highest = std::max(highest, ParseNumber(instance.tags, "InstanceNumber"));
          }
        }
      }
      return highest;
    }

    std::string GetKeyword(const std::string& tag, const PrivateDictionary& dictionary)
    {
      const std::optional<TagNumber> number = FindTagNumber(tag, dictionary);
      const std::optional<StandardTag> standard =
        number.has_value() ? FindStandardTag(*number) : std::nullopt;
      return standard.has_value() ? standard->keyword : "";
    }

    Failure RefuseTag(const std::string& tag, const std::string& why)
    {
      return Failure(FailureKind::OutOfRange, "Tag \"" + DescribeTag(tag) + "\": " + why);
    }

    // Without what the client may not give, or not without "Force", and without its declaration of a
    // character set, which concerns the request
    NewItem KeepAllowed(const NewObject& wanted,
                        const DicomObject& object,
                        const PrivateDictionary& dictionary,
                        std::vector<std::string>* problems)
    {
      NewItem allowed;
      for (const NewElement& element : wanted.tags)
      {
        const std::string keyword = GetKeyword(element.tag, dictionary);
        const bool isFree = wanted.isForced || keyword.empty() || REPLACEABLE.count(keyword) != 0;
        std::string problem;
        if (keyword == "PixelData")
        {
          problem = "use \"Content\" for pixel data";
        }
        else if (!isFree && (IDENTIFIERS.count(keyword) != 0 ||
                             (wanted.parent.has_value() && object.Has(keyword))))
        {
          problem = "it is given by the parent or by the server, and can be replaced with "
                    "\"Force\" only";
        }
        if (!problem.empty())
        {
          Attempt(problems, [&] { throw RefuseTag(element.tag, problem); });
        }
        else if (keyword != "SpecificCharacterSet")
        {
          allowed.push_back(element);
        }
      }
      return allowed;
    }

    std::string WriteJson(const Json::Value& value)
    {
      Json::StreamWriterBuilder builder;
      builder["indentation"] = "   ";
      builder["emitUTF8"] = true;
      return Json::writeString(builder, value) + "\n";
    }

    std::string WriteList(const std::vector<std::string>& lines)
    {
      Json::Value list(Json::arrayValue);
      for (const std::string& line : lines)
      {
        list.append(line);
      }
      std::string text = WriteJson(list);
      text.pop_back();
      return text;
    }

    // For messages: what others have written may be anything
    bool IsUid(const std::string& text)
    {
      return !text.empty() && text.size() <= 64 &&
             text.find_first_not_of(".0123456789") == std::string::npos;
    }

    void Complete(const NewObject& wanted, const ObjectOptions& options, DicomObject& object)
    {
      if (wanted.kind.has_value())
      {
        CompleteDocument(object, *wanted.kind, wanted.content, options);
      }
      else if (wanted.image != nullptr)
      {
        CompleteCapture(object, *wanted.image, options);
      }
      else if (wanted.isIncomplete)
      {
        CompleteObject(object, options);
      }
      else
      {
        CompleteRawData(object, options);
      }
    }
  } // namespace

  ObjectCreator::Parent ObjectCreator::FindParent(const ParentChoice& choice)
  {
    if (!IsPlainName(choice.id))
    {
      throw Failure(FailureKind::UnknownResource, "Unknown resource");
    }
    Parent parent;
    parent.level = choice.level;
    DescribeOptions describe;
    if (choice.level != ResourceLevel::Patient)
    {
      parent.turn = std::make_unique<NumberReservations::Turn>(services_.numbers, choice.id);
      describe.instanceTags = choice.level == ResourceLevel::Series;
    }
    std::string vanishedId;
    while (parent.sibling == nullptr)
    {
      const StoredPatient patient = services_.store.Describe(choice.level, choice.id, describe);
      const StoredInstance* const sibling = FindInstance(patient);
      if (sibling == nullptr)
      {
        throw Failure(FailureKind::UnknownResource, "The parent has no instance");
      }
      try
      {
        parent.sibling = services_.store.OpenInstance(*sibling);
      }
      catch (const Failure& failure)
      {
        // Somebody may have deleted it since it was listed: then the next list is without it
        if (failure.GetKind() != FailureKind::SourceMissing || sibling->id == vanishedId)
        {
          throw;
        }
        vanishedId = sibling->id;
      }
      parent.highestNumber = GetHighestNumber(patient, choice.level);
    }
    return parent;
  }

  std::unique_ptr<DicomObject>
  ObjectCreator::Make(const NewObject& wanted, Parent* parent, std::vector<std::string>* problems)
  {
    ObjectOptions options = wanted.options;
    std::unique_ptr<DicomObject> object;
    Attempt(problems, [&]
            { object = std::make_unique<DicomObject>(parent == nullptr ? wanted.charset : ""); });
    if (object == nullptr)
    {
      object = std::make_unique<DicomObject>(services_.settings.host.defaultCharset);
    }
    if (parent != nullptr)
    {
      Attempt(problems, [&] { CheckSeries(wanted, *parent); });
      object->CopyParent(*parent->sibling, parent->level);
      parent->sibling.reset();
    }
    Number(wanted, parent, problems != nullptr, options);
    if (!wanted.replaces.empty())
    {
      Attempt(problems, [&] { options.replaced = FindReplaced(wanted.replaces); });
    }
    const NewItem allowed = KeepAllowed(wanted, *object, services_.dictionary, problems);
    Attempt(problems, [&] { CheckClass(wanted); });
    object->Write(allowed, services_.dictionary, wanted.privateCreator, problems);
    warnings_.insert(warnings_.end(), object->GetWarnings().begin(), object->GetWarnings().end());
    if (wanted.kind.has_value() && problems != nullptr)
    {
      Attempt(problems, [&] { CheckDocumentClass(*object, *wanted.kind); });
      object->Set("SOPClassUID", GetDocumentType(*wanted.kind).sopClassUid);
    }
    Attempt(problems, [&] { Complete(wanted, options, *object); });
    return object;
  }

  // Behind those that the parent has
  void ObjectCreator::Number(const NewObject& wanted,
                             const Parent* parent,
                             bool isPreview,
                             ObjectOptions& options)
  {
    options.hasParentStudy = parent != nullptr && parent->level != ResourceLevel::Patient;
    options.hasParentSeries = parent != nullptr && parent->level == ResourceLevel::Series;
    if (isPreview && !options.hasParentSeries)
    {
      options.instanceNumber = 1 + wanted.index;
    }
    if (parent == nullptr || parent->turn == nullptr)
    {
      return;
    }
    std::uint32_t number = parent->highestNumber + 1; // of a preview, which leaves it to others
    if (!isPreview)
    {
      number = parent->turn->Take(parent->highestNumber);
    }
    else if (options.hasParentSeries)
    {
      number += wanted.index;
    }
    (options.hasParentSeries ? options.instanceNumber : options.seriesNumber) = number;
  }

  ObjectIdentity ObjectCreator::FindReplaced(const std::string& id) const
  {
    if (!IsPlainName(id))
    {
      throw Failure(FailureKind::OutOfRange, "\"Replaces\" must be an Orthanc identifier");
    }
    const StoredPatient old = services_.store.Describe(ResourceLevel::Instance, id, {true});
    const StoredInstance* const instance = FindInstance(old);
    const std::unique_ptr<IInstanceData> data =
      instance == nullptr ? nullptr : services_.store.OpenInstance(*instance);
    if (data == nullptr)
    {
      throw Failure(FailureKind::UnknownResource, "There is no instance to replace");
    }
    return ReadIdentity(*data);
  }

  // A series holds what one equipment has made in one way: a document among images is stored where
  // clients of the host expect it, and other software may not show it, or not the images
  void ObjectCreator::CheckSeries(const NewObject& wanted, const Parent& parent)
  {
    if (parent.level != ResourceLevel::Series || !wanted.kind.has_value())
    {
      return;
    }
    const std::string there = ReadIdentity(*parent.sibling).sopClassUid;
    if (there == GetDocumentType(*wanted.kind).sopClassUid)
    {
      return;
    }
    const std::string problem = "The series has objects of another SOP class (" +
                                (IsUid(there) ? there : "none") +
                                "): a document needs a series of documents of its type";
    if (services_.settings.documents.isStrict)
    {
      throw Failure(FailureKind::OutOfRange, problem);
    }
    warnings_.push_back(problem);
  }

  void ObjectCreator::CheckClass(const NewObject& wanted) const
  {
    const bool hasClass =
      wanted.kind.has_value() || wanted.image != nullptr || wanted.isIncomplete ||
      std::any_of(wanted.tags.begin(), wanted.tags.end(),
                  [&](const NewElement& element)
                  { return GetKeyword(element.tag, services_.dictionary) == "SOPClassUID"; });
    if (services_.settings.documents.isStrict && !hasClass)
    {
      throw Failure(FailureKind::OutOfRange,
                    "Tag \"SOPClassUID\": it must say what the object is, for it has neither a "
                    "document nor pixel data");
    }
  }

  // On the disk: the kernel can take the memory of a mapped file back. Null if that is not possible
  std::unique_ptr<MappedFile> ObjectCreator::TrySpool(const DicomFile& file,
                                                      std::string_view content) const
  {
    try
    {
      const std::unique_ptr<FileSink> sink = services_.spool.OpenTemporary();
      for (const std::string_view part :
           {std::string_view(file.head), content, std::string_view(file.tail)})
      {
        sink->Write(part.data(), part.size());
      }
      return std::make_unique<MappedFile>(sink->GetDescriptor());
    }
    catch (const Failure&)
    {
      return nullptr; // it may still fit into the memory, and where the host stores it
    }
  }

  // The host takes one piece, and makes copies of its own: what they are made from is released before
  HostAnswer ObjectCreator::Post(DicomFile& file, const NewObject& wanted) const
  {
    const std::string_view content = wanted.kind.has_value() ? wanted.content : std::string_view();
    const std::size_t sizeBytes = file.head.size() + content.size() + file.tail.size();
    const std::unique_ptr<MappedFile> spooled =
      sizeBytes >= SPOOLED_BYTES ? TrySpool(file, content) : nullptr;
    if (spooled != nullptr)
    {
      file = DicomFile();
    }
    else if (!content.empty() || !file.tail.empty())
    {
      std::string bytes;
      bytes.reserve(sizeBytes);
      bytes += file.head;
      bytes += content;
      bytes += file.tail;
      file.head = std::move(bytes);
    }
    if (wanted.releaseContent)
    {
      wanted.releaseContent();
    }
    return services_.host.Call(HttpMethod::Post, "/instances",
                               spooled != nullptr ? GetBytes(*spooled) : file.head);
  }

  HostAnswer ObjectCreator::Store(const NewObject& wanted)
  {
    DocumentMeter meter(services_.metrics, wanted);
    std::optional<Parent> parent;
    if (wanted.parent.has_value())
    {
      parent = FindParent(*wanted.parent);
    }
    DicomFile file;
    {
      const std::unique_ptr<DicomObject> object =
        Make(wanted, parent.has_value() ? &*parent : nullptr, nullptr);
      if (wanted.kind.has_value())
      {
        file = object->Serialize(wanted.content.size());
      }
      else if (wanted.image != nullptr)
      {
        file = object->SerializeImage(*wanted.image);
      }
      else
      {
        file = object->Serialize();
      }
    }
    const HostAnswer answer = Post(file, wanted);
    CheckStoreAnswer(answer);
    meter.NoteStored();
    for (const std::string& warning : warnings_)
    {
      if (services_.warn)
      {
        services_.warn("A new object: " + warning);
      }
    }
    return answer;
  }

  std::string ObjectCreator::Preview(const NewObject& wanted, std::vector<std::string> problems)
  {
    std::optional<Parent> parent;
    if (wanted.parent.has_value())
    {
      Attempt(&problems, [&] { parent = FindParent(*wanted.parent); });
    }
    const std::unique_ptr<DicomObject> object =
      Make(wanted, parent.has_value() ? &*parent : nullptr, &problems);
    // The object is JSON text already: not parsed again
    return "{\n   \"Problems\" : " + WriteList(problems) +
           ",\n   \"Warnings\" : " + WriteList(warnings_) +
           ",\n   \"Dicom\" : " + object->ToJson() + "\n}\n";
  }

  std::vector<std::string> CheckActiveContent(const Services& services, std::string_view content)
  {
    const ActiveContentPolicy policy = services.settings.documents.activeContent;
    if (policy == ActiveContentPolicy::Accept)
    {
      return {};
    }
    const std::vector<std::string> found = FindActiveContent(content);
    if (policy == ActiveContentPolicy::Refuse && !found.empty())
    {
      std::string names;
      for (const std::string& name : found)
      {
        names += (names.empty() ? "" : ", ") + name;
      }
      throw Failure(FailureKind::BadFormat,
                    "The PDF has active content (" + names + "), which the configuration refuses");
    }
    std::vector<std::string> warnings;
    for (const std::string& name : found)
    {
      warnings.push_back("The PDF has active content: " + name);
    }
    return warnings;
  }

  void AddWarnings(HostAnswer& answer, const std::vector<std::string>& warnings)
  {
    if (warnings.empty())
    {
      return;
    }
    Json::Value value;
    const Json::CharReaderBuilder builder;
    const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
    const char* const begin = answer.body.data();
    if (!reader->parse(begin, begin + answer.body.size(), &value, nullptr) || !value.isObject())
    {
      return;
    }
    for (const std::string& warning : warnings)
    {
      value["Warnings"].append(warning);
    }
    answer.body = WriteJson(value);
  }

  ParentChoice ResolveParent(const Services& services, const std::string& id)
  {
    const std::optional<ResourceLevel> level =
      IsPlainName(id) ? services.store.FindLevel(id) : std::nullopt;
    if (!level.has_value())
    {
      throw Failure(FailureKind::OutOfRange, "\"Parent\": there is no such resource");
    }
    if (*level == ResourceLevel::Instance)
    {
      throw Failure(FailureKind::OutOfRange,
                    "\"Parent\" must be a patient, a study or a series, and not an instance");
    }
    return {*level, id};
  }

  ObjectOptions MakeObjectOptions(const Services& services)
  {
    ObjectOptions options;
    options.defaultModality = services.settings.documents.modality;
    options.hasAcquisitionTimes = services.settings.documents.hasAcquisitionTimes;
    options.nowMicroseconds = services.clock.GetNowMicroseconds();
    options.softwareVersions = "OrthancAdvancedRest " PLUGIN_VERSION "\\Orthanc " +
                               std::to_string(services.version.major) + "." +
                               std::to_string(services.version.minor) + "." +
                               std::to_string(services.version.revision);
    return options;
  }

  void CheckStoreAnswer(const HostAnswer& host)
  {
    if (host.status == 400)
    {
      // Without an error code, if a route of the host gives no answer at all
      throw Failure(FailureKind::BadRequest,
                    host.errorCode == 0
                      ? "Orthanc refuses it"
                      : "Orthanc refuses it with error code " + std::to_string(host.errorCode));
    }
    CheckAnswer(host);
    if (host.status != 200)
    {
      throw Failure(FailureKind::Internal,
                    "Orthanc answers with the status " + std::to_string(host.status));
    }
  }
} // namespace OrthancPlugins
