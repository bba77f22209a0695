// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CreateDicomHandlers.h"

#include "CreateDicomRequest.h"
#include "DocumentMeter.h"
#include "HostJobs.h"
#include "ObjectCreator.h"

#include "../Core/Attempt.h"
#include "../Core/Dicom/CapturedJpeg.h"
#include "../Core/Dicom/CapturedPixels.h"
#include "../Core/Dicom/ElementWriter.h"
#include "../Core/Dicom/PdfInspector.h"
#include "../Core/Failure.h"
#include "../Http/DataUri.h"

#include <json/reader.h>
#include <json/value.h>
#include <json/writer.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    const std::string RAW_DATA = "1.2.840.10008.5.1.4.1.1.66";

    // Of an object that the host makes and that has Raw Data as its class (PS3.3 C.19.1)
    constexpr const char* RAW_DATA_TAGS =
      "\"CreatorVersionUID\":\"2.25.247061480263486135407416713298153894317\",";

    // By its MIME type, or what application/octet-stream holds; absent for pixel data
    std::optional<DocumentKind> FindKind(const DataUri& uri)
    {
      if (const std::optional<DocumentKind> kind = FindDocumentKind(uri.mime))
      {
        return kind;
      }
      if (uri.mime != "application/octet-stream")
      {
        return std::nullopt;
      }
      // The header of a PDF is within its first 1,024 bytes
      DataUri head = uri;
      head.data = uri.data.substr(0, std::min<std::size_t>(uri.data.size(), 1600));
      head.data = head.data.substr(0, head.data.size() / 4 * 4);
      try
      {
        return LooksLikePdf(DecodeDataUri(head, true)) ? std::make_optional(DocumentKind::Pdf)
                                                       : std::nullopt;
      }
      catch (const Failure&)
      {
        return std::nullopt; // the host says what it thinks of it
      }
    }

    // Absent if it is none of a document
    std::optional<DocumentKind> FindKind(const ContentItem& item)
    {
      const std::optional<DataUri> uri = ParseDataUri(item.uri);
      return uri.has_value() ? FindKind(*uri) : std::nullopt;
    }

    bool IsTag(const NewElement& element, const char* keyword, const TagNumber& number)
    {
      const std::optional<TagNumber> tag = ParseTagNumber(element.tag);
      return element.tag == keyword ||
             (tag.has_value() && tag->group == number.group && tag->element == number.element);
    }

    bool HasTag(const NewItem& tags, const char* keyword, const TagNumber& number)
    {
      return std::any_of(tags.begin(), tags.end(),
                         [&](const NewElement& element)
                         { return IsTag(element, keyword, number); });
    }

    void RemoveTag(NewItem& tags, const char* keyword, const TagNumber& number)
    {
      tags.erase(std::remove_if(tags.begin(), tags.end(),
                                [&](const NewElement& element)
                                { return IsTag(element, keyword, number); }),
                 tags.end());
    }

    // The host would answer 500, or store bytes without a meaning
    void CheckImage(const ContentItem& item, const NewItem& tags)
    {
      const std::string mime = ParseDataUri(item.uri)->mime;
      const bool isRaw = mime == "application/octet-stream";
      if (!isRaw && mime.compare(0, 6, "image/") != 0)
      {
        throw Failure(FailureKind::OutOfRange,
                      "\"Content\" has a MIME type that cannot be made into a DICOM object");
      }
      if (isRaw && !HasTag(tags, "Rows", {0x0028, 0x0010}) &&
          !HasTag(item.tags, "Rows", {0x0028, 0x0010}))
      {
        throw Failure(FailureKind::BadFormat,
                      "\"Content\" is neither a document nor pixel data: raw pixel data needs "
                      "Rows, Columns and so on in \"Tags\"");
      }
    }

    bool IsOurs(const CreateDicomRequest& request)
    {
      return request.hasPrivateTags || request.hasDicomJson || request.isDryRun ||
             !request.replaces.empty();
    }

    // The creator says why
    bool IsRefusedWithoutClass(const Services& services, const CreateDicomRequest& request)
    {
      return services.settings.documents.isStrict && !request.isLegacy && !request.hasSopClass;
    }

    // What "Tags" say; 0 if it is absent or no number
    unsigned GetNumber(const NewItem& tags, const char* keyword, const TagNumber& number)
    {
      unsigned value = 0;
      for (const NewElement& element : tags)
      {
        if (IsTag(element, keyword, number) && element.values.size() == 1)
        {
          const std::string& text = element.values[0];
          const char* const end = text.data() + text.size();
          const std::from_chars_result result = std::from_chars(text.data(), end, value);
          value = result.ec == std::errc() && result.ptr == end ? value : 0;
        }
      }
      return value;
    }

    PixelDescription DescribePixels(const NewItem& tags)
    {
      PixelDescription description;
      description.rows = GetNumber(tags, "Rows", {0x0028, 0x0010});
      description.columns = GetNumber(tags, "Columns", {0x0028, 0x0011});
      description.samplesPerPixel = GetNumber(tags, "SamplesPerPixel", {0x0028, 0x0002});
      description.bitsAllocated = GetNumber(tags, "BitsAllocated", {0x0028, 0x0100});
      description.frames = GetNumber(tags, "NumberOfFrames", {0x0028, 0x0008});
      return description;
    }

    // With attributes that the host cannot write beside it. "tags": of the request and of this item
    CapturedImage
    DecodeImage(const ContentItem& item, const NewItem& tags, const CreateDicomRequest& request)
    {
      const DataUri uri = *ParseDataUri(item.uri);
      std::string bytes = DecodeDataUri(uri, true);
      if (uri.mime == "image/jpeg" || uri.mime == "image/jpg")
      {
        return request.isEncapsulated ? CaptureJpeg(bytes) : DecodeJpeg(bytes);
      }
      if (uri.mime == "image/png")
      {
        return DecodePng(bytes);
      }
      if (uri.mime == "image/x-portable-arbitrarymap")
      {
        return DecodePam(bytes);
      }
      if (uri.mime == "application/octet-stream")
      {
        return WrapPixels(std::move(bytes), DescribePixels(tags));
      }
      throw Failure(FailureKind::OutOfRange,
                    "\"Content\" has a MIME type that cannot be made into a DICOM object");
    }

    std::string FindCaptureClass(const NewItem& tags)
    {
      const PixelDescription description = DescribePixels(tags);
      return GetCaptureClass(description.frames <= 1, description.samplesPerPixel,
                             description.bitsAllocated);
    }

    // As the host would get it: with a SOP class, if it has none
    std::string
    InsertSopClass(std::string_view body, const CreateDicomRequest& request, bool isBelowSeries)
    {
      std::string text(body);
      if (request.hasSopClass || !request.tagsOffset.has_value())
      {
        return text;
      }
      const bool isRaw = !request.isLegacy && request.contents.empty();
      std::string addition =
        "\"SOPClassUID\":\"" + (isRaw ? RAW_DATA : FindCaptureClass(request.tags)) + "\",";
      if (isRaw)
      {
        const NewItem& tags = request.tags;
        addition += HasTag(tags, "CreatorVersionUID", {0x0008, 0x9123}) ? "" : RAW_DATA_TAGS;
        addition +=
          HasTag(tags, "InstanceNumber", {0x0020, 0x0013}) ? "" : "\"InstanceNumber\":\"1\",";
        if (!isBelowSeries && !HasTag(tags, "Modality", {0x0008, 0x0060}))
        {
          addition += "\"Modality\":\"OT\",";
        }
      }
      const std::size_t next = text.find_first_not_of(" \t\r\n", *request.tagsOffset);
      if (next != std::string::npos && text[next] == '}')
      {
        addition.pop_back(); // no attribute follows
      }
      text.insert(*request.tagsOffset, addition);
      return text;
    }

    void Delegate(const Services& services, const std::string& body, IHttpAnswer& answer)
    {
      const HostAnswer host = services.host.Call(HttpMethod::Post, "/tools/create-dicom", body);
      CheckStoreAnswer(host);
      Forward(host, "application/json", answer);
    }

    Json::Value ParseAnswer(const HostAnswer& host)
    {
      Json::Value value;
      const Json::CharReaderBuilder builder;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      if (!reader->parse(host.body.data(), host.body.data() + host.body.size(), &value, nullptr) ||
          !value.isObject() || !value["ID"].isString())
      {
        throw Failure(FailureKind::Internal, "Orthanc has not told what it has stored");
      }
      return value;
    }

    std::string WriteJson(const Json::Value& value)
    {
      Json::StreamWriterBuilder builder;
      builder["indentation"] = "   ";
      return Json::writeString(builder, value) + "\n";
    }

    NewObject MakeNewObject(const Services& services, const CreateDicomRequest& request)
    {
      NewObject object;
      object.tags = request.tags;
      object.privateCreator = request.privateCreator;
      object.isForced = request.isForced;
      object.charset = request.charset.value_or(services.settings.host.defaultCharset);
      object.replaces = request.replaces;
      object.options = MakeObjectOptions(services);
      object.options.conceptName = request.conceptName;
      object.options.isBurnedIn = request.isBurnedIn.value_or(true);
      if (request.parent.has_value() && !request.isDryRun)
      {
        object.parent = ResolveParent(services, *request.parent);
      }
      return object;
    }

    // The title that a client has in mind: the name of the file without its extension
    std::string MakeTitle(const std::string& filename)
    {
      const std::size_t dot = filename.rfind('.');
      return dot == std::string::npos || dot == 0 ? filename : filename.substr(0, dot);
    }

    struct DecodedDocument
    {
      DocumentKind kind;
      std::string bytes;
      std::vector<std::string> warnings;
    };

    DecodedDocument
    DecodeDocument(const Services& services, const ContentItem& item, std::string& title)
    {
      const std::optional<DataUri> uri = ParseDataUri(item.uri);
      const std::optional<DocumentKind> kind = FindKind(*uri);
      if (!kind.has_value())
      {
        throw Failure(FailureKind::OutOfRange,
                      "\"Content\" has a MIME type that cannot be made into a DICOM object");
      }
      DecodedDocument document{*kind, DecodeDataUri(*uri, true), {}};
      CheckDocument(document.kind, document.bytes);
      if (document.kind == DocumentKind::Pdf)
      {
        document.warnings = CheckActiveContent(services, document.bytes);
        const std::string own = FindPdfTitle(document.bytes);
        title = own.empty() ? MakeTitle(uri->name) : own;
      }
      else
      {
        title = MakeTitle(uri->name);
      }
      return document;
    }

    // "releaseBody": the item is its last part that is needed; may be empty
    HostAnswer StoreDocument(const Services& services,
                             NewObject object,
                             const ContentItem& item,
                             const std::function<void()>& releaseBody)
    {
      DecodedDocument document = DecodeDocument(services, item, object.options.title);
      if (releaseBody)
      {
        releaseBody();
      }
      object.kind = document.kind;
      object.content = document.bytes;
      object.releaseContent = [&document] { std::string().swap(document.bytes); };
      HostAnswer answer = ObjectCreator(services).Store(object);
      AddWarnings(answer, document.warnings);
      return answer;
    }

    // ---- Lists of contents

    // Removes what one request has stored, and nothing that was there before
    class Undo
    {
    public:
      explicit Undo(const Services& services)
        : services_(services)
      {
      }

      ~Undo()
      {
        for (const std::string& id : stored_)
        {
          try
          {
            services_.host.Call(HttpMethod::Delete, "/instances/" + id, "");
          }
          catch (const std::exception&)
          {
            // Stays: nobody can be told any more
          }
        }
      }

      Undo(const Undo&) = delete;
      Undo& operator=(const Undo&) = delete;

      void Add(const Json::Value& answer)
      {
        // What was there already is not ours
        if (answer["Status"] == "Success" && IsPlainName(answer["ID"].asString()))
        {
          stored_.push_back(answer["ID"].asString());
        }
      }

      void Cancel() { stored_.clear(); }

    private:
      const Services& services_;
      std::vector<std::string> stored_;
    };

    std::string Quote(const std::string& text)
    {
      Json::StreamWriterBuilder builder;
      builder["indentation"] = "";
      return Json::writeString(builder, Json::Value(text));
    }

    Json::Value ToHostTags(const NewItem& tags);

    Json::Value ToHostValue(const NewElement& element)
    {
      if (element.isSequence)
      {
        Json::Value items(Json::arrayValue);
        for (const NewItem& item : element.items)
        {
          items.append(ToHostTags(item));
        }
        return items;
      }
      std::string joined;
      for (std::size_t i = 0; i < element.values.size(); i++)
      {
        joined += (i == 0 ? "" : "\\") + element.values[i];
      }
      return joined;
    }

    Json::Value ToHostTags(const NewItem& tags)
    {
      Json::Value value(Json::objectValue);
      for (const NewElement& element : tags)
      {
        value[element.tag] = ToHostValue(element);
      }
      return value;
    }

    using NamedTag = std::pair<const char*, TagNumber>;

    const NamedTag INSTANCE_NUMBER = {"InstanceNumber", {0x0020, 0x0013}};
    const NamedTag IMAGE_INDEX = {"ImageIndex", {0x0054, 0x1330}};
    const NamedTag IMAGES_IN_ACQUISITION = {"ImagesInAcquisition", {0x0020, 0x1002}};
    const NamedTag TEMPORAL_POSITIONS = {"NumberOfTemporalPositions", {0x0020, 0x0105}};

    void AddText(NewItem& tags, const char* keyword, const std::string& value)
    {
      NewElement element;
      element.tag = keyword;
      element.values = {value};
      tags.push_back(element);
    }

    void AddListDefaults(NewItem& tags, std::size_t index, std::size_t count)
    {
      const std::pair<NamedTag, std::size_t> defaults[] = {{INSTANCE_NUMBER, index + 1},
                                                           {IMAGE_INDEX, index + 1},
                                                           {IMAGES_IN_ACQUISITION, count},
                                                           {TEMPORAL_POSITIONS, 1}};
      for (const auto& [tag, value] : defaults)
      {
        if (!HasTag(tags, tag.first, tag.second))
        {
          AddText(tags, tag.first, std::to_string(value));
        }
      }
    }

    // An image of a list, made by the host
    HostAnswer StoreImage(const Services& services,
                          const CreateDicomRequest& request,
                          const NewObject& object,
                          std::size_t index)
    {
      const ContentItem& item = request.contents[index];
      CheckImage(item, object.tags);
      NewItem tags = object.tags;
      if (!HasTag(tags, "SOPClassUID", {0x0008, 0x0016}))
      {
        AddText(tags, "SOPClassUID", FindCaptureClass(tags));
      }
      // As the host numbers the images of a list, whatever their tags say
      for (const auto& [keyword, number] : {INSTANCE_NUMBER, IMAGE_INDEX})
      {
        RemoveTag(tags, keyword, number);
        AddText(tags, keyword, std::to_string(index + 1));
      }
      AddListDefaults(tags, index, request.contents.size());

      Json::StreamWriterBuilder builder;
      builder["indentation"] = "";
      std::string body = "{\"Tags\":" + Json::writeString(builder, ToHostTags(tags));
      if (object.parent.has_value())
      {
        body += ",\"Parent\":" + Quote(object.parent->id);
      }
      body += std::string(",\"Force\":") + (object.isForced ? "true" : "false") +
              ",\"InterpretBinaryTags\":" + (request.interpretsBinary ? "true" : "false") +
              ",\"Encapsulate\":" + (request.isEncapsulated ? "true" : "false") +
              ",\"PrivateCreator\":" + Quote(object.privateCreator) + ",\"Content\":\"";
      body += item.uri;
      body += "\"}";
      const HostAnswer answer = services.host.Call(HttpMethod::Post, "/tools/create-dicom", body);
      CheckStoreAnswer(answer);
      return answer;
    }

    // The same, made by us
    HostAnswer StoreOwnImage(const Services& services,
                             const CreateDicomRequest& request,
                             NewObject object,
                             std::size_t index)
    {
      const ContentItem& item = request.contents[index];
      CheckImage(item, object.tags);
      const CapturedImage image = DecodeImage(item, object.tags, request);
      if (request.isArray)
      {
        AddListDefaults(object.tags, index, request.contents.size());
      }
      object.image = &image;
      return ObjectCreator(services).Store(object);
    }

    NewItem Merge(const NewItem& common, const NewItem& own)
    {
      NewItem merged = own;
      for (const NewElement& element : common)
      {
        const bool isReplaced =
          std::any_of(own.begin(), own.end(),
                      [&](const NewElement& other) { return other.tag == element.tag; });
        if (!isReplaced)
        {
          merged.push_back(element);
        }
      }
      return merged;
    }

    void StoreAll(const Services& services, const CreateDicomRequest& request, IHttpAnswer& answer)
    {
      NewObject object = MakeNewObject(services, request);
      const bool isSeriesParent =
        object.parent.has_value() && object.parent->level == ResourceLevel::Series;
      Undo undo(services);
      std::string seriesId;
      const std::size_t count = request.contents.size();
      for (std::size_t i = 0; i < count; i++)
      {
        const ContentItem& item = request.contents[i];
        object.tags = Merge(request.tags, item.tags);
        // What the first item has given to the new series is the same for all others
        object.isForced = request.isForced || (i > 0 && !isSeriesParent);
        const bool isDocument = FindKind(item).has_value();
        const Json::Value stored =
          ParseAnswer(isDocument        ? StoreDocument(services, object, item, {})
                      : IsOurs(request) ? StoreOwnImage(services, request, object, i)
                                        : StoreImage(services, request, object, i));
        undo.Add(stored);
        if (stored["ParentSeries"].isString())
        {
          seriesId = stored["ParentSeries"].asString();
          object.parent = ParentChoice{ResourceLevel::Series, seriesId};
        }
      }
      undo.Cancel();
      Json::Value result;
      result["ID"] = seriesId;
      result["Path"] = "/series/" + seriesId;
      result["Status"] = "Success";
      answer.SendJson(WriteJson(result));
    }

    // What one content, or none, would become. "object" has what all of them have in common
    std::string Preview(const Services& services,
                        const CreateDicomRequest& request,
                        NewObject object,
                        const ContentItem* item,
                        std::vector<std::string> problems)
    {
      ObjectCreator creator(services);
      CapturedImage image;
      DecodedDocument document{DocumentKind::Pdf, {}, {}};
      if (item != nullptr)
      {
        object.tags = Merge(request.tags, item->tags);
        problems.insert(problems.end(), item->problems.begin(), item->problems.end());
        object.isIncomplete = item->uri.empty();
        object.kind = FindKind(*item);
        const auto decode = [&]
        {
          if (object.kind.has_value())
          {
            document = DecodeDocument(services, *item, object.options.title);
            object.content = document.bytes;
            creator.AddWarnings(document.warnings);
          }
          else
          {
            CheckImage(*item, object.tags);
            image = DecodeImage(*item, object.tags, request);
            object.image = &image;
          }
        };
        // Nothing to decode: that is said already
        object.isIncomplete = item->uri.empty() || !Attempt(&problems, decode);
      }
      return creator.Preview(object, std::move(problems));
    }

    // A list of contents gives a list
    void
    AnswerPreview(const Services& services, const CreateDicomRequest& request, IHttpAnswer& answer)
    {
      std::vector<std::string> problems = request.problems;
      NewObject object = MakeNewObject(services, request);
      if (request.parent.has_value())
      {
        Attempt(&problems, [&] { object.parent = ResolveParent(services, *request.parent); });
      }
      if (!request.isArray)
      {
        const bool isEmpty = request.contents.empty();
        answer.SendJson(Preview(services, request, object,
                                isEmpty ? nullptr : &request.contents.front(), problems));
        return;
      }
      std::string list;
      for (const ContentItem& item : request.contents)
      {
        list += (list.empty() ? "[" : ",") + Preview(services, request, object, &item, problems);
        object.index++;
      }
      answer.SendJson(list + "]\n");
    }

    void
    AnswerCreateDicom(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
    {
      const CreateDicomRequest wanted =
        ParseCreateDicom(request.body, services.settings.host.privateCreator);
      const std::vector<ContentItem>& contents = wanted.contents;
      const bool hasDocument =
        std::any_of(contents.begin(), contents.end(),
                    [](const ContentItem& item) { return FindKind(item).has_value(); });
      if (wanted.isDryRun)
      {
        AnswerPreview(services, wanted, answer);
      }
      else if (wanted.isArray)
      {
        // The host would delete the series of a failing item, which may have been there: as the parent, or
        // because it is named by force
        StoreAll(services, wanted, answer);
      }
      else if (hasDocument)
      {
        const NewObject object = MakeNewObject(services, wanted);
        Forward(StoreDocument(services, object, contents.front(), request.releaseBody),
                "application/json", answer);
      }
      else if (contents.empty() && (IsOurs(wanted) || IsRefusedWithoutClass(services, wanted)))
      {
        const NewObject object = MakeNewObject(services, wanted);
        Forward(ObjectCreator(services).Store(object), "application/json", answer);
      }
      else if (IsOurs(wanted))
      {
        const NewObject object = MakeNewObject(services, wanted);
        Forward(StoreOwnImage(services, wanted, object, 0), "application/json", answer);
      }
      else
      {
        for (const ContentItem& item : contents)
        {
          CheckImage(item, wanted.tags);
        }
        // Which has a modality
        const bool isBelowSeries =
          wanted.parent.has_value() &&
          ResolveParent(services, *wanted.parent).level == ResourceLevel::Series;
        Delegate(services, InsertSopClass(request.body, wanted, isBelowSeries), answer);
      }
    }
  } // namespace

  void PostCreateDicom(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    AnswerCounted(services.metrics, [&] { AnswerCreateDicom(services, request, answer); });
  }

  // ---- The private dictionary

  namespace
  {
    unsigned ReadMultiplicity(const Json::Value& value, const std::string& name)
    {
      if (!value.isUInt())
      {
        throw Failure(FailureKind::BadFormat,
                      "Entry \"" + DescribeTag(name) + "\": a multiplicity is no number");
      }
      return value.asUInt();
    }

    // As in the option "Dictionary": [VR, name, minimum, maximum, creator], of which the multiplicities
    // may be left out by leaving out everything behind the name
    PrivateTag ReadEntry(const std::string& name, const Json::Value& value)
    {
      const std::optional<TagNumber> number = ParseTagNumber(name);
      if (!number.has_value() || !number->IsPrivate() || !value.isArray() || value.size() < 2 ||
          !value[0].isString() || !value[1].isString() ||
          (value.size() > 4 && !value[4].isString()))
      {
        throw Failure(FailureKind::BadFormat,
                      "Entry \"" + DescribeTag(name) +
                        "\": expected \"gggg,eeee\" : [VR, name, minimum, maximum, creator]");
      }
      PrivateTag tag;
      tag.group = number->group;
      tag.lowByte = number->element & 0xFF;
      tag.vr = value[0].asString();
      tag.name = value[1].asString();
      if (value.size() > 2)
      {
        tag.minimumMultiplicity = ReadMultiplicity(value[2], name);
        tag.maximumMultiplicity = tag.minimumMultiplicity;
      }
      if (value.size() > 3)
      {
        tag.maximumMultiplicity = ReadMultiplicity(value[3], name);
      }
      tag.creator = value.size() > 4 ? value[4].asString() : "";
      CheckPrivateTag(tag);
      return tag;
    }

    // As GET lists it
    PrivateTag ReadListed(const Json::Value& value)
    {
      const bool isEntry = value.isObject() && value["Tag"].isString() && value["VR"].isString() &&
                           value["Name"].isString() && value["PrivateCreator"].isString();
      if (!isEntry)
      {
        throw Failure(FailureKind::BadFormat, "An entry of the list is not as GET has it");
      }
      const std::string name = value["Tag"].asString();
      Json::Value entry(Json::arrayValue);
      entry.append(value["VR"]);
      entry.append(value["Name"]);
      entry.append(value.get("MinimumMultiplicity", 1));
      entry.append(value.get("MaximumMultiplicity", 1));
      entry.append(value["PrivateCreator"]);
      return ReadEntry(name, entry);
    }

    std::vector<PrivateTag> ReadDictionary(const HttpRequest& request)
    {
      const std::size_t first = request.body.find_first_not_of(" \t\r\n");
      if (first == std::string_view::npos ||
          (request.body[first] != '{' && request.body[first] != '['))
      {
        return ParseDictionaryFile(std::string(request.body));
      }
      Json::CharReaderBuilder builder;
      builder["collectComments"] = false;
      builder["stackLimit"] = 10;
      builder["rejectDupKeys"] = true;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      Json::Value value;
      bool isParsed = false;
      try
      {
        isParsed = reader->parse(request.body.data(), request.body.data() + request.body.size(),
                                 &value, nullptr);
      }
      catch (const Json::Exception&)
      {
        // Nested too deeply for a dictionary
      }
      if (!isParsed)
      {
        throw Failure(FailureKind::BadFormat,
                      "The dictionary is no valid JSON, or names a tag twice");
      }
      std::vector<PrivateTag> tags;
      if (value.isArray())
      {
        std::transform(value.begin(), value.end(), std::back_inserter(tags), &ReadListed);
        return tags;
      }
      for (const std::string& name : value.getMemberNames())
      {
        tags.push_back(ReadEntry(name, value[name]));
      }
      return tags;
    }

    bool WantsText(const HttpRequest& request)
    {
      return request.FindHeader("accept").value_or("").compare(0, 10, "text/plain") == 0;
    }

    // A list, because two creators may have the same tag
    Json::Value WriteEntry(const PrivateTag& tag)
    {
      Json::Value entry;
      entry["Tag"] = FormatTagNumber({tag.group, 0x1000 | tag.lowByte, false});
      entry["PrivateCreator"] = tag.creator;
      entry["VR"] = tag.vr;
      entry["Name"] = tag.name;
      entry["MinimumMultiplicity"] = tag.minimumMultiplicity;
      entry["MaximumMultiplicity"] = tag.maximumMultiplicity;
      return entry;
    }
  } // namespace

  void
  GetPrivateDictionary(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::vector<PrivateTag> tags = services.dictionary.GetOwn();
    if (WantsText(request))
    {
      answer.SendBuffer(FormatDictionaryFile(tags), "text/plain");
      return;
    }
    Json::Value list(Json::arrayValue);
    for (const PrivateTag& tag : tags)
    {
      list.append(WriteEntry(tag));
    }
    answer.SendJson(WriteJson(list));
  }

  void
  PostPrivateDictionary(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    services.dictionary.Add(ReadDictionary(request));
    answer.SendJson("{}");
  }

  void
  PutPrivateDictionary(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    services.dictionary.Replace(ReadDictionary(request));
    answer.SendJson("{}");
  }

  void ErasePrivateDictionary(const Services& services, const HttpRequest&, IHttpAnswer& answer)
  {
    services.dictionary.Replace({});
    answer.SendJson("{}");
  }
} // namespace OrthancPlugins
