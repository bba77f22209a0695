// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DocumentRequest.h"

#include "../Core/Dicom/CapturedJpeg.h"
#include "../Core/Failure.h"
#include "../Http/FormData.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::string_view HEADER_PREFIX = "document-";
    constexpr std::size_t MAX_OPTION_BYTES = 64 * 1024;

    const std::pair<std::string_view, DocumentKind> EXTENSIONS[] = {
      {".pdf", DocumentKind::Pdf}, {".xml", DocumentKind::Cda}, {".cda", DocumentKind::Cda},
      {".stl", DocumentKind::Stl}, {".obj", DocumentKind::Obj}, {".mtl", DocumentKind::Mtl}};

    std::string ToLower(std::string_view text)
    {
      std::string lower(text);
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](char c)
                     { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      return lower;
    }

    // Without hyphens, whatever the case; empty if there is no such option
    std::string FindField(std::string_view name)
    {
      std::string wanted = ToLower(name);
      wanted.erase(std::remove(wanted.begin(), wanted.end(), '-'), wanted.end());
      for (const auto& [field, keyword] : GetDocumentFields())
      {
        if (ToLower(field) == wanted)
        {
          return field;
        }
      }
      return "";
    }

    bool IsPlain(std::string_view name)
    {
      return name.size() <= 64 && std::all_of(name.begin(), name.end(),
                                              [](char c) {
                                                return (c >= '0' && c <= '9') ||
                                                       (c >= 'a' && c <= 'z') ||
                                                       (c >= 'A' && c <= 'Z') || c == '-';
                                              });
    }

    void AddField(std::string_view name, const std::string& value, DocumentRequest& request)
    {
      const std::string field = FindField(name);
      if (field.empty())
      {
        throw Failure(FailureKind::OutOfRange,
                      "There is no option \"" + (IsPlain(name) ? std::string(name) : "?") + "\"");
      }
      if (value.size() > MAX_OPTION_BYTES)
      {
        throw Failure(FailureKind::OutOfRange, "Option \"" + field + "\" is too long");
      }
      request.fields[field] = value;
    }

    // By what the bytes are, for clients that name no type
    std::optional<DocumentKind> DetectKind(std::string_view content)
    {
      if (LooksLikePdf(content))
      {
        return DocumentKind::Pdf;
      }
      for (const DocumentKind kind : {DocumentKind::Cda, DocumentKind::Stl})
      {
        try
        {
          CheckDocument(kind, content);
          return kind;
        }
        catch (const Failure&)
        {
          // The next one
        }
      }
      return std::nullopt;
    }

    // Types that say nothing of the content: the second one is what curl sends
    bool IsVague(const std::string& mime)
    {
      return mime.empty() || mime == "application/octet-stream" ||
             mime == "application/x-www-form-urlencoded" || mime == "binary/octet-stream";
    }

    bool IsImage(const std::string& mime, std::string_view content)
    {
      return mime == "image/png" || mime == "image/jpeg" || mime == "image/jpg" ||
             (IsVague(mime) && (LooksLikePng(content) || LooksLikeJpeg(content)));
    }

    std::optional<DocumentKind>
    FindKind(const std::string& mime, const std::string& filename, std::string_view content)
    {
      if (const std::optional<DocumentKind> kind = FindDocumentKind(mime))
      {
        return kind;
      }
      if (IsImage(mime, content))
      {
        return std::nullopt;
      }
      if (!IsVague(mime))
      {
        throw Failure(FailureKind::OutOfRange,
                      "The Content-Type is not one that can be made into a DICOM object: PDF, CDA "
                      "(text/xml), STL, OBJ, MTL, PNG, JPEG");
      }
      const std::string lower = ToLower(filename);
      for (const auto& [extension, kind] : EXTENSIONS)
      {
        if (lower.size() > extension.size() &&
            lower.compare(lower.size() - extension.size(), std::string::npos, extension) == 0)
        {
          return kind;
        }
      }
      if (content.empty())
      {
        throw Failure(FailureKind::BadFormat, "The document is empty");
      }
      const std::optional<DocumentKind> kind = DetectKind(content);
      if (!kind.has_value())
      {
        throw Failure(FailureKind::BadFormat,
                      "This is no document that is known: give its Content-Type");
      }
      return kind;
    }

    void ReadForm(const HttpRequest& request, const HeaderValue& type, DocumentRequest& result)
    {
      const auto boundary = type.parameters.find("boundary");
      const std::vector<FormPart> parts =
        ParseFormData(request.body, boundary == type.parameters.end() ? "" : boundary->second);
      const FormPart* file = nullptr;
      for (const FormPart& part : parts)
      {
        const bool isFile = !part.filename.empty() || part.name == "file" ||
                            part.name == "document" || part.name == "Document";
        if (!isFile)
        {
          AddField(part.name, DecodeHeaderText(part.content), result);
          continue;
        }
        if (file != nullptr)
        {
          throw Failure(FailureKind::BadFormat, "The form has more than one file");
        }
        file = &part;
      }
      if (file == nullptr)
      {
        throw Failure(FailureKind::BadFormat, "The form has no file");
      }
      result.content = file->content;
      result.filename = file->filename;
      result.kind = FindKind(file->contentType, file->filename, file->content);
    }
  } // namespace

  const std::map<std::string, std::string>& GetDocumentFields()
  {
    static const std::map<std::string, std::string> FIELDS = {
      {"Title", "DocumentTitle"},
      {"Modality", "Modality"},
      {"SeriesDescription", "SeriesDescription"},
      {"ConceptNameCode", ""},
      {"BurnedInAnnotation", ""},
      {"ContentDate", "ContentDate"},
      {"ContentTime", "ContentTime"},
      {"Replaces", ""},
      {"PatientID", "PatientID"},
      {"PatientName", "PatientName"},
      {"PatientBirthDate", "PatientBirthDate"},
      {"PatientSex", "PatientSex"},
      {"AccessionNumber", "AccessionNumber"},
      {"StudyInstanceUID", "StudyInstanceUID"},
      {"StudyID", "StudyID"},
      {"StudyDate", "StudyDate"},
      {"StudyTime", "StudyTime"},
      {"StudyDescription", "StudyDescription"},
      {"ReferringPhysicianName", "ReferringPhysicianName"},
    };
    return FIELDS;
  }

  DocumentRequest ParseDocumentRequest(const HttpRequest& request)
  {
    DocumentRequest result;
    for (const auto& [name, value] : request.headers)
    {
      if (name.compare(0, HEADER_PREFIX.size(), HEADER_PREFIX) == 0)
      {
        AddField(std::string_view(name).substr(HEADER_PREFIX.size()), DecodeHeaderText(value),
                 result);
      }
    }
    const HeaderValue type = ParseHeaderValue(request.FindHeader("content-type").value_or(""));
    const HeaderValue disposition =
      ParseHeaderValue(request.FindHeader("content-disposition").value_or(""));
    if (request.method == HttpMethod::Post &&
        (disposition.value == "form-data" || type.value == "multipart/form-data"))
    {
      throw Failure(
        FailureKind::BadRequest,
        "Orthanc takes forms apart that are sent by POST: send the form by PUT (curl -X "
        "PUT -F ...), or the document itself with its options as headers");
    }
    if (type.value == "multipart/form-data")
    {
      ReadForm(request, type, result);
      return result;
    }
    const auto filename = disposition.parameters.find("filename");
    result.filename = filename == disposition.parameters.end() ? "" : filename->second;
    result.content = request.body;
    result.kind = FindKind(type.value, result.filename, result.content);
    return result;
  }
} // namespace OrthancPlugins
