// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DocumentReadHandlers.h"

#include "HostJobs.h"
#include "JsonList.h"
#include "OutputSender.h"

#include "../Core/Dicom/DocumentTypes.h"
#include "../Core/Dicom/EncapsulatedDocumentReader.h"
#include "../Core/Dicom/ParentModules.h"
#include "../Core/Dicom/PdfInspector.h"
#include "../Core/Failure.h"
#include "../Http/ContentDisposition.h"
#include "../Http/RangeRequest.h"

#include <json/reader.h>
#include <json/value.h>
#include <json/writer.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t BLOCK_BYTES = 1u << 20;

    // Larger ones are listed without the number of their pages
    constexpr std::uint64_t MAX_INSPECTED_BYTES = 64u << 20;

    // PS3.4 B.5: the SOP classes of encapsulated documents begin with it
    constexpr std::string_view DOCUMENT_CLASSES = "1.2.840.10008.5.1.4.1.1.104.";

    // Of one call to the host
    constexpr std::size_t INSTANCES_PER_CALL = 1000;

    struct FoundDocument
    {
      StoredInstance instance;
      EncapsulatedDocument document;
      bool isPdf = false;
      const DocumentType* type = nullptr; // null if the standard has none for it
    };

    bool BeginsAsPdf(const IInstanceData& content)
    {
      constexpr std::size_t HEAD_BYTES = 5;
      std::vector<unsigned char> scratch;
      if (content.GetSizeBytes() < HEAD_BYTES)
      {
        return false;
      }
      const char* const head = static_cast<const char*>(content.Read(0, HEAD_BYTES, scratch));
      return std::string_view(head, HEAD_BYTES) == "%PDF-";
    }

    std::optional<FoundDocument> OpenDocument(const Services& services,
                                              const StoredInstance& instance)
    {
      std::optional<EncapsulatedDocument> document =
        OpenEncapsulatedDocument(services.store.OpenInstance(instance));
      if (!document.has_value())
      {
        return std::nullopt;
      }
      FoundDocument found;
      found.instance = instance;
      found.document = std::move(*document);
      found.type = FindDocumentType(found.document.sopClassUid);
      const std::optional<DocumentKind> kind = FindDocumentKind(found.document.mimeType);
      if (found.type == nullptr && kind.has_value())
      {
        found.type = &GetDocumentType(*kind);
      }
      found.isPdf = (found.type != nullptr && found.type->kind == DocumentKind::Pdf) ||
                    kind == DocumentKind::Pdf || BeginsAsPdf(*found.document.content);
      if (found.isPdf)
      {
        found.type = &GetDocumentType(DocumentKind::Pdf);
      }
      return found;
    }

    StoredInstance FindInstance(const Services& services, const std::string& id)
    {
      if (IsPlainName(id))
      {
        const StoredPatient patient =
          services.store.Describe(ResourceLevel::Instance, id, DescribeOptions());
        for (const StoredStudy& study : patient.studies)
        {
          for (const StoredSeries& series : study.series)
          {
            if (!series.instances.empty())
            {
              return series.instances.front();
            }
          }
        }
      }
      throw Failure(FailureKind::UnknownResource, "Unknown resource");
    }

    // The same until the instance is replaced, which gives it another attachment
    Validators MakeValidators(const FoundDocument& found)
    {
      Validators validators;
      // Hosts that do not name the attachment still tell when they have received it
      const std::string version = found.instance.attachmentUuid.empty()
                                    ? std::to_string(found.instance.receptionUtc.value_or(0))
                                    : found.instance.attachmentUuid;
      validators.entityTag = "\"" + found.document.sopInstanceUid + "-" +
                             std::to_string(found.document.content->GetSizeBytes()) + "-" +
                             version + "\"";
      // A UID with other characters than it may have must not break the header
      const bool isPlain = validators.entityTag.find_first_not_of(
                             "\"-.0123456789abcdefghijklmnopqrstuvwxyz") == std::string::npos;
      return isPlain ? validators : Validators();
    }

    std::string MakeFilename(const FoundDocument& found)
    {
      std::string name = found.document.title.empty() ? "document" : found.document.title;
      std::replace(name.begin(), name.end(), '/', '_');
      std::replace(name.begin(), name.end(), '\\', '_');
      const std::string extension = found.type == nullptr ? ".bin" : found.type->extension;
      const bool hasExtension =
        name.size() > extension.size() &&
        name.compare(name.size() - extension.size(), std::string::npos, extension) == 0;
      return hasExtension ? name : name + extension;
    }

    std::string GetMime(const FoundDocument& found)
    {
      return found.type == nullptr ? "application/octet-stream" : found.type->mime;
    }

    void SetHeaders(const FoundDocument& found,
                    const Validators& validators,
                    const HttpRequest& request,
                    IHttpAnswer& answer)
    {
      const bool isAttachment = request.HasArgument("attachment") || !found.isPdf;
      answer.SetHeader("Content-Disposition",
                       (isAttachment ? "" : "inline; ") +
                         FormatContentDisposition(MakeFilename(found), isAttachment));
      answer.SetHeader("X-Content-Type-Options", "nosniff");
      SetValidatorHeaders(validators, answer);
    }

    void SendWhole(const FoundDocument& found, IHttpAnswer& answer)
    {
      const IInstanceData& content = *found.document.content;
      const std::uint64_t total = content.GetSizeBytes();
      std::vector<unsigned char> scratch;
      if (!answer.CanStream())
      {
        const std::optional<std::uint64_t> limit = answer.GetMaxFileBytes();
        if (limit.has_value() && total > *limit)
        {
          throw Failure(FailureKind::TooLarge,
                        "The document is larger than this version of Orthanc can send in one "
                        "answer: ask for ranges");
        }
        const void* const data = content.Read(0, static_cast<std::size_t>(total), scratch);
        answer.SendFile(static_cast<const unsigned char*>(data), total, GetMime(found));
        return;
      }
      IByteSink& sink = answer.BeginStream(GetMime(found), total, StreamFraming::Plain);
      for (std::uint64_t offset = 0; offset < total;)
      {
        const std::size_t size =
          static_cast<std::size_t>(std::min<std::uint64_t>(total - offset, BLOCK_BYTES));
        sink.Write(content.Read(offset, size, scratch), size);
        offset += size;
      }
      answer.EndStream();
    }

    void Send(const FoundDocument& found, const HttpRequest& request, IHttpAnswer& answer)
    {
      const IInstanceData& content = *found.document.content;
      const std::uint64_t total = content.GetSizeBytes();
      const Validators validators = MakeValidators(found);
      const RangeDecision decision = DecideRange(request, validators, total);
      if (SendWithoutContent(decision, validators, total, answer))
      {
        return;
      }
      SetHeaders(found, validators, request, answer);
      const bool isPart = decision.verdict == RangeVerdict::Part &&
                          decision.range.sizeBytes <= answer.GetMaxPartialBytes();
      if (!isPart)
      {
        SendWhole(found, answer);
        return;
      }
      std::vector<unsigned char> scratch;
      const void* const data = content.Read(
        decision.range.offset, static_cast<std::size_t>(decision.range.sizeBytes), scratch);
      answer.SendPartial(static_cast<const unsigned char*>(data), decision.range.sizeBytes,
                         decision.range.offset, total);
    }

    // ---- Lists

    std::vector<StoredInstance> ListInstances(const StoredPatient& patient)
    {
      std::vector<StoredInstance> instances;
      for (const StoredStudy& study : patient.studies)
      {
        for (const StoredSeries& series : study.series)
        {
          instances.insert(instances.end(), series.instances.begin(), series.instances.end());
        }
      }
      return instances;
    }

    bool ParseJson(const std::string& text, Json::Value& value)
    {
      const Json::CharReaderBuilder builder;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      return reader->parse(text.data(), text.data() + text.size(), &value, nullptr);
    }

    std::string WriteJson(const Json::Value& value)
    {
      Json::StreamWriterBuilder builder;
      builder["indentation"] = "   ";
      builder["emitUTF8"] = true;
      return Json::writeString(builder, value);
    }

    // SOP Class UIDs as the database has them, so that images are not opened. Instances that have
    // disappeared are left out
    std::vector<std::string> FindDocumentIds(const Services& services,
                                             const std::vector<StoredInstance>& instances,
                                             std::size_t begin,
                                             std::size_t end)
    {
      Json::Value body;
      body["Metadata"] = true;
      body["Resources"] = Json::arrayValue;
      for (std::size_t i = begin; i < end; i++)
      {
        body["Resources"].append(instances[i].id);
      }
      const HostAnswer host =
        services.host.Call(HttpMethod::Post, "/tools/bulk-content", WriteJson(body));
      CheckAnswer(host);
      Json::Value found;
      if (!ParseJson(host.body, found) || !found.isArray())
      {
        throw Failure(FailureKind::Internal, "Orthanc has not answered with JSON");
      }
      std::vector<std::string> ids;
      for (const Json::Value& resource : found)
      {
        const Json::Value& metadata = resource["Metadata"];
        const std::string sopClass = metadata.isObject() && metadata["SopClassUid"].isString()
                                       ? metadata["SopClassUid"].asString()
                                       : "";
        if (sopClass.compare(0, DOCUMENT_CLASSES.size(), DOCUMENT_CLASSES) == 0)
        {
          ids.push_back(resource["ID"].asString());
        }
      }
      return ids;
    }

    std::optional<unsigned> CountPages(const FoundDocument& found)
    {
      const IInstanceData& content = *found.document.content;
      if (!found.isPdf || content.GetSizeBytes() > MAX_INSPECTED_BYTES)
      {
        return std::nullopt;
      }
      std::vector<unsigned char> scratch;
      const std::size_t size = static_cast<std::size_t>(content.GetSizeBytes());
      const char* const data = static_cast<const char*>(content.Read(0, size, scratch));
      return InspectPdf(std::string_view(data, size)).pagesCount;
    }

    std::string Describe(const Services& services, const FoundDocument& found)
    {
      const ObjectIdentity identity = ReadIdentity(*services.store.OpenInstance(found.instance));
      const std::optional<unsigned> pages = CountPages(found);
      Json::Value entry;
      entry["ID"] = found.instance.id;
      entry["Path"] = "/instances/" + found.instance.id + "/document";
      entry["Title"] = found.document.title;
      entry["Date"] = identity.contentDate;
      entry["Time"] = identity.contentTime;
      entry["Type"] = GetMime(found);
      entry["SizeBytes"] = Json::UInt64(found.document.content->GetSizeBytes());
      entry["Pages"] = pages.has_value() ? Json::Value(*pages) : Json::Value();
      entry["SOPClassUID"] = found.document.sopClassUid;
      return WriteJson(entry);
    }

    void ListDocuments(const Services& services,
                       ResourceLevel level,
                       const HttpRequest& request,
                       IHttpAnswer& answer)
    {
      const std::string& id = request.groups.at(0);
      if (!IsPlainName(id))
      {
        throw Failure(FailureKind::UnknownResource, "Unknown resource");
      }
      const std::vector<StoredInstance> instances =
        ListInstances(services.store.Describe(level, id, DescribeOptions()));
      JsonList list(answer);
      for (std::size_t begin = 0; begin < instances.size(); begin += INSTANCES_PER_CALL)
      {
        const std::size_t end = std::min(begin + INSTANCES_PER_CALL, instances.size());
        for (const std::string& documentId : FindDocumentIds(services, instances, begin, end))
        {
          const auto instance =
            std::find_if(instances.begin(), instances.end(),
                         [&](const StoredInstance& other) { return other.id == documentId; });
          const std::optional<FoundDocument> found =
            instance == instances.end() ? std::nullopt : OpenDocument(services, *instance);
          if (found.has_value())
          {
            list.Add(Describe(services, *found));
          }
        }
      }
      list.Send();
    }
  } // namespace

  void GetInstancePdf(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::optional<FoundDocument> found =
      OpenDocument(services, FindInstance(services, request.groups.at(0)));
    if (!found.has_value() || !found->isPdf)
    {
      answer.SendEmptyStatus(404);
      return;
    }
    Send(*found, request, answer);
  }

  void
  GetInstanceDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::optional<FoundDocument> found =
      OpenDocument(services, FindInstance(services, request.groups.at(0)));
    if (!found.has_value())
    {
      throw Failure(FailureKind::NotFound, "The instance contains no document");
    }
    Send(*found, request, answer);
  }

  void GetInstancePreview(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    constexpr std::uint64_t USUAL_PIXELS = 1000;
    constexpr std::uint64_t MAX_PIXELS = 4000;
    constexpr std::uint64_t MAX_PAGE = 1'000'000;
    const std::uint64_t page = request.GetUnsignedArgument("page", 1);
    const std::uint64_t pixels = request.GetUnsignedArgument("size", USUAL_PIXELS);
    if (page < 1 || page > MAX_PAGE || pixels < 1 || pixels > MAX_PIXELS)
    {
      throw Failure(FailureKind::OutOfRange,
                    "\"page\" counts from 1, \"size\" is from 1 to " + std::to_string(MAX_PIXELS));
    }
    const std::optional<FoundDocument> found =
      OpenDocument(services, FindInstance(services, request.groups.at(0)));
    if (!found.has_value() || !found->isPdf)
    {
      throw Failure(FailureKind::NotFound, "The instance contains no PDF document");
    }
    const std::string key = found->instance.id + MakeValidators(*found).entityTag;
    const std::shared_ptr<const std::string> png = services.pages.Render(
      key, *found->document.content, static_cast<unsigned>(page), static_cast<unsigned>(pixels));
    answer.SetHeader("Cache-Control", "private");
    answer.SendBuffer(*png, "image/png");
  }

  void
  GetPatientDocuments(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    ListDocuments(services, ResourceLevel::Patient, request, answer);
  }

  void GetStudyDocuments(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    ListDocuments(services, ResourceLevel::Study, request, answer);
  }

  void GetSeriesDocuments(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    ListDocuments(services, ResourceLevel::Series, request, answer);
  }
} // namespace OrthancPlugins
