// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MediaDocuments.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t LINE_BYTES = 72;
    constexpr std::string_view LINE_END = "\r\n";
    constexpr std::string_view REPLACEMENT = "\xEF\xBF\xBD"; // U+FFFD

    bool IsContinuation(char byte)
    {
      return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
    }

    // Length of the well-formed sequence at the beginning of "text" (RFC 3629), 0 if it is none
    std::size_t GetCharacterBytes(std::string_view text)
    {
      const unsigned char first = static_cast<unsigned char>(text[0]);
      if (first < 0x80)
      {
        return 1;
      }
      const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
      if (first < 0xC2 || first > 0xF4 || text.size() < size ||
          !std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(size),
                       IsContinuation))
      {
        return 0;
      }
      const unsigned char second = static_cast<unsigned char>(text[1]);
      const bool isOverlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
      const bool isSurrogate = first == 0xED && second > 0x9F;
      const bool isBeyond = first == 0xF4 && second > 0x8F;
      return isOverlong || isSurrogate || isBeyond ? 0 : size;
    }

    // Whether HTML or the direction of the text would change: controls (C0, C1, DEL), marks of
    // direction, noncharacters
    bool IsForbidden(std::string_view character)
    {
      const unsigned char first = static_cast<unsigned char>(character[0]);
      if (character.size() == 1)
      {
        return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F;
      }
      const unsigned char second = static_cast<unsigned char>(character[1]);
      if (character.size() == 2)
      {
        return first == 0xC2 && second < 0xA0;
      }
      const unsigned char third = static_cast<unsigned char>(character[2]);
      if (character.size() == 3)
      {
        const bool isDirection =
          first == 0xE2 && ((second == 0x80 && third >= 0xAA && third <= 0xAE) ||
                            (second == 0x81 && third >= 0xA6 && third <= 0xA9));
        const bool isNone = first == 0xEF && ((second == 0xBF && third >= 0xBE) ||
                                              (second == 0xB7 && third >= 0x90 && third <= 0xAF));
        return isDirection || isNone;
      }
      const unsigned char fourth = static_cast<unsigned char>(character[3]);
      return (second & 0x0F) == 0x0F && third == 0xBF && fourth >= 0xBE;
    }

    void AppendCharacter(std::string& target, std::string_view character)
    {
      switch (character[0])
      {
      case '&':
        target += "&amp;";
        break;
      case '<':
        target += "&lt;";
        break;
      case '>':
        target += "&gt;";
        break;
      case '"':
        target += "&quot;";
        break;
      case '\'':
        target += "&#39;";
        break;
      default:
        target += character;
      }
    }

    // Text of an element or of an attribute in double quotes
    std::string Escape(std::string_view text)
    {
      std::string result;
      while (!text.empty())
      {
        const std::size_t size = GetCharacterBytes(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
        if (size == 0 || IsForbidden(character))
        {
          result += REPLACEMENT;
        }
        else
        {
          AppendCharacter(result, character);
        }
        text.remove_prefix(character.size());
      }
      return result;
    }

    bool IsPlainInUrl(char c)
    {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             std::string_view("-._~/").find(c) != std::string_view::npos;
    }

    // A reference relative to the page (RFC 3986 4.2). Pure ASCII without a character of HTML
    std::string MakeReference(std::string_view path)
    {
      constexpr std::string_view DIGITS = "0123456789ABCDEF";
      std::string reference = "./"; // no scheme, no host, whatever the path
      for (const char c : path)
      {
        if (IsPlainInUrl(c))
        {
          reference.push_back(c);
        }
        else
        {
          const unsigned char byte = static_cast<unsigned char>(c);
          reference.push_back('%');
          reference.push_back(DIGITS[byte >> 4]);
          reference.push_back(DIGITS[byte & 15]);
        }
      }
      return reference;
    }

    bool AreDigits(std::string_view text)
    {
      return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    }

    // "YYYYMMDD" -> "YYYY-MM-DD" (ISO 8601); anything else as it is
    std::string FormatDate(const std::string& date)
    {
      if (date.size() != 8 || !AreDigits(date))
      {
        return date;
      }
      return date.substr(0, 4) + "-" + date.substr(4, 2) + "-" + date.substr(6, 2);
    }

    // "HHMM..." -> "HH:MM"
    std::string FormatTime(const std::string& time)
    {
      if (time.size() < 4 || !AreDigits(std::string_view(time).substr(0, 4)))
      {
        return time;
      }
      return time.substr(0, 2) + ":" + time.substr(2, 2);
    }

    // "FAMILY^GIVEN^MIDDLE" -> "FAMILY, GIVEN MIDDLE"; the groups of PS3.5 6.2.1.1 apart
    std::string FormatName(const std::string& name)
    {
      std::string result;
      bool isFamily = true;
      bool isGap = false;
      for (const char c : name)
      {
        if (c == '=')
        {
          result += result.empty() ? "" : " / ";
          isFamily = true;
          isGap = false;
        }
        else if (c == '^')
        {
          isGap = true;
        }
        else
        {
          if (isGap)
          {
            result += isFamily ? ", " : " ";
            isFamily = false;
            isGap = false;
          }
          result.push_back(c);
        }
      }
      return result;
    }

    std::string FormatSex(const std::string& sex)
    {
      return sex == "F" ? "female" : sex == "M" ? "male" : sex == "O" ? "other" : sex;
    }

    std::string FormatCount(std::uint64_t count, const std::string& noun)
    {
      return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
    }

    // What is not known shows as a dash, and so does not look forgotten
    std::string Show(const std::string& value)
    {
      return value.empty() ? "\xE2\x80\x93" : Escape(value);
    }

    // README.TXT: breaks at spaces, and words where they are too long for a line
    class PlainText
    {
    public:
      void AddLine(const std::string& text)
      {
        std::string rest = text;
        while (rest.size() > LINE_BYTES)
        {
          const std::size_t space = rest.rfind(' ', LINE_BYTES);
          const bool hasSpace = space != std::string::npos && space > 0;
          Put(rest.substr(0, hasSpace ? space : LINE_BYTES));
          rest.erase(0, hasSpace ? space + 1 : LINE_BYTES);
        }
        Put(rest);
      }

      void AddHeading(const std::string& text)
      {
        AddLine("");
        AddLine(text);
        AddLine(std::string(text.size(), '-'));
      }

      // Lines of a text of the configuration
      void AddText(const std::string& text)
      {
        std::size_t begin = 0;
        while (begin <= text.size())
        {
          const std::size_t end = std::min(text.find('\n', begin), text.size());
          AddLine(ToAscii(std::string_view(text).substr(begin, end - begin)));
          begin = end + 1;
        }
      }

      // A character outside of ASCII, or a byte that is none, becomes one '?'
      static std::string ToAscii(std::string_view text)
      {
        std::string result;
        while (!text.empty())
        {
          const std::size_t size = std::max<std::size_t>(GetCharacterBytes(text), 1);
          const char c = text[0];
          if (c == '\t')
          {
            result.push_back(' ');
          }
          else if (c != '\r')
          {
            result.push_back(c >= 0x20 && c < 0x7F ? c : '?');
          }
          text.remove_prefix(size);
        }
        return result;
      }

      const std::string& GetText() const { return text_; }

    private:
      void Put(std::string line)
      {
        line.erase(line.find_last_not_of(' ') + 1);
        text_ += line;
        text_ += LINE_END;
      }

      std::string text_;
    };

    struct Document
    {
      std::string title;
      std::string path;
    };

    struct Series
    {
      std::string modality;
      std::string number;
      std::string description;
      std::uint64_t filesCount = 0;
      std::string preview;
      std::vector<Document> documents;
    };

    struct Study
    {
      std::string date;
      std::string time;
      std::string description;
      std::string accessionNumber;
      std::vector<Series> series;
    };

    struct Patient
    {
      std::string name;
      std::string id;
      std::string birthDate;
      std::string sex;
      std::vector<Study> studies;
    };

    constexpr std::string_view PAGE_BEGIN =
      "<!DOCTYPE html>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self' "
      "file:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>Medical images and documents</title>\n"
      "<style>\n"
      "body { margin: 0 auto; max-width: 64rem; padding: 1.5rem; font: 1rem/1.5 sans-serif; "
      "color: #1a1a1a; background: #fff; }\n"
      "h1 { margin: 0 0 .5rem; font-size: 1.6rem; }\n"
      "h2 { margin: 2.5rem 0 .25rem; padding-top: 1rem; border-top: 3px solid #0b4f6c; "
      "font-size: 1.35rem; overflow-wrap: anywhere; }\n"
      "h3 { margin: 1.75rem 0 .25rem; font-size: 1.1rem; overflow-wrap: anywhere; }\n"
      "p { margin: .25rem 0; overflow-wrap: anywhere; }\n"
      ".institution { white-space: pre-line; }\n"
      ".facts { color: #444; }\n"
      "table { width: 100%; margin-top: .5rem; border-collapse: collapse; }\n"
      "caption { padding: .25rem 0; text-align: left; color: #444; }\n"
      "th, td { padding: .4rem .6rem; border: 1px solid #bbb; text-align: left; "
      "vertical-align: top; overflow-wrap: anywhere; }\n"
      "thead th { overflow-wrap: normal; background: #e8f0f4; }\n"
      "th:nth-child(3) { width: 45%; }\n"
      "th:nth-child(5) { width: 30%; }\n"
      "footer { margin-top: 2.5rem; }\n"
      "td.number { text-align: right; }\n"
      "img { display: block; max-width: 8rem; max-height: 8rem; background: #000; }\n"
      "a { color: #0b4f6c; }\n"
      "@media print { body { max-width: none; padding: 0; } tr { break-inside: avoid; } }\n"
      "</style>\n"
      "</head>\n"
      "<body>\n";

    // Writes the page; each function one level of it
    class PageWriter
    {
    public:
      std::string Write(const std::string& institution, const std::vector<Patient>& patients)
      {
        page_ = PAGE_BEGIN;
        WriteHeader(institution, patients);
        page_ += "<main>\n";
        for (const Patient& patient : patients)
        {
          WritePatient(patient);
        }
        page_ += "</main>\n<footer>\n<p class=\"facts\">The files of this medium are listed in "
                 "DICOMDIR, which software for medical images opens.</p>\n</footer>\n"
                 "</body>\n</html>\n";
        return std::move(page_);
      }

    private:
      void WriteHeader(const std::string& institution, const std::vector<Patient>& patients)
      {
        std::uint64_t studiesCount = 0;
        std::uint64_t seriesCount = 0;
        for (const Patient& patient : patients)
        {
          studiesCount += patient.studies.size();
          for (const Study& study : patient.studies)
          {
            seriesCount += study.series.size();
          }
        }
        page_ += "<header>\n<h1>Medical images and documents</h1>\n";
        if (!institution.empty())
        {
          page_ += "<p class=\"institution\">" + Escape(institution) + "</p>\n";
        }
        page_ += "<p class=\"facts\">" + FormatCount(patients.size(), "patient") + ", " +
                 std::to_string(studiesCount) + (studiesCount == 1 ? " study, " : " studies, ") +
                 std::to_string(seriesCount) + " series</p>\n</header>\n";
      }

      void WritePatient(const Patient& patient)
      {
        const std::string name = FormatName(patient.name);
        page_ += "<section>\n<h2><bdi>" + (name.empty() ? "Patient without a name" : Escape(name)) +
                 "</bdi></h2>\n<p class=\"facts\">Patient ID: <bdi>" + Show(patient.id) +
                 "</bdi>, born: " + Show(FormatDate(patient.birthDate)) +
                 ", sex: " + Show(FormatSex(patient.sex)) + "</p>\n";
        for (const Study& study : patient.studies)
        {
          WriteStudy(study);
        }
        page_ += "</section>\n";
      }

      void WriteStudy(const Study& study)
      {
        const std::string description = Escape(study.description);
        page_ += "<h3>" + Show(FormatDate(study.date)) + " " + Escape(FormatTime(study.time)) +
                 (description.empty() ? "" : " <bdi>" + description + "</bdi>") +
                 "</h3>\n<p class=\"facts\">Accession number: <bdi>" + Show(study.accessionNumber) +
                 "</bdi></p>\n<table>\n<caption>Series of the study: " +
                 std::to_string(study.series.size()) +
                 "</caption>\n<thead>\n<tr><th scope=\"col\">Number</th><th scope=\"col\">Modality"
                 "</th><th scope=\"col\">Description</th><th scope=\"col\">Files</th>"
                 "<th scope=\"col\">Preview and documents</th></tr>\n</thead>\n<tbody>\n";
        for (const Series& series : study.series)
        {
          WriteSeries(series);
        }
        page_ += "</tbody>\n</table>\n";
      }

      void WriteSeries(const Series& series)
      {
        page_ += "<tr><td class=\"number\">" + Show(series.number) + "</td><td>" +
                 Show(series.modality) + "</td><td><bdi>" + Show(series.description) +
                 "</bdi></td><td class=\"number\">" + std::to_string(series.filesCount) +
                 "</td><td>";
        WriteLinks(series);
        page_ += "</td></tr>\n";
      }

      void WriteLinks(const Series& series)
      {
        if (series.preview.empty() && series.documents.empty())
        {
          page_ += Show("");
        }
        if (!series.preview.empty())
        {
          const std::string reference = MakeReference(series.preview);
          page_ += "<a href=\"" + reference + "\"><img src=\"" + reference +
                   "\" loading=\"lazy\" alt=\"Preview of series " + Show(series.number) + "\"></a>";
        }
        for (const Document& document : series.documents)
        {
          page_ += "<p><a href=\"" + MakeReference(document.path) + "\"><bdi>" +
                   Escape(document.title.empty() ? "Document" : document.title) + "</bdi></a></p>";
        }
      }

      std::string page_;
    };
  } // namespace

  std::string MakeReadme(const std::string& institutionText,
                         const std::string& softwareVersion,
                         std::uint64_t filesCount,
                         bool hasIndex,
                         bool hasPdf,
                         const std::string& overlay)
  {
    PlainText text;
    text.AddLine("MEDICAL IMAGES AND DOCUMENTS (DICOM)");
    text.AddLine("====================================");
    if (!institutionText.empty())
    {
      text.AddHeading("Made by");
      text.AddText(institutionText);
    }
    text.AddHeading("Contents");
    text.AddLine("DICOMDIR     the directory, for software that shows medical images");
    text.AddLine("IMAGES       " + FormatCount(filesCount, "DICOM file"));
    if (hasIndex)
    {
      text.AddLine("INDEX.HTM    an overview, to be opened with a web browser");
    }
    if (hasPdf)
    {
      text.AddLine("DOCUMENT     the documents of the DICOM files, as PDF");
    }
    if (!overlay.empty())
    {
      text.AddLine("Added by the institution: " + PlainText::ToAscii(overlay));
    }
    text.AddHeading("How it was made");
    text.AddLine("By Orthanc with the plugin OrthancAdvancedRest " +
                 PlainText::ToAscii(softwareVersion) +
                 ", according to DICOM PS3.10 and to the IHE profile Portable Data for Imaging.");
    text.AddHeading("Please note");
    text.AddLine("This medium holds confidential medical data. If you are not the one it is meant "
                 "for, please return it to the institution that made it.");
    return text.GetText();
  }

  struct MediaIndex::PImpl
  {
    // Positions in the lists, which never change
    struct Place
    {
      std::size_t patient = 0;
      std::size_t study = 0;
      std::size_t series = 0;
    };

    // A study, a series is known by its UID below what is above it
    using StudyKey = std::pair<std::size_t, std::string>;
    using SeriesKey = std::pair<std::string, std::string>; // study UID, series UID
    using PlaceKey = std::pair<StudyKey, std::string>;

    std::size_t FindPatient(const DicomSummary& summary)
    {
      const auto [found, isNew] = patientKeys.emplace(
        std::make_pair(summary.patientId, summary.patientNameRaw), patients.size());
      if (isNew)
      {
        patients.push_back({summary.patientName,
                            summary.patientId,
                            summary.patientBirthDate,
                            summary.patientSex,
                            {}});
      }
      return found->second;
    }

    std::size_t FindStudy(std::size_t patient, const DicomSummary& summary)
    {
      std::vector<Study>& studies = patients[patient].studies;
      const auto [found, isNew] =
        studyKeys.emplace(StudyKey(patient, summary.studyInstanceUid), studies.size());
      if (isNew)
      {
        studies.push_back({summary.studyDate,
                           summary.studyTime,
                           summary.studyDescription,
                           summary.accessionNumber,
                           {}});
      }
      return found->second;
    }

    Place FindPlace(const DicomSummary& summary)
    {
      Place place;
      place.patient = FindPatient(summary);
      place.study = FindStudy(place.patient, summary);
      std::vector<Series>& series = patients[place.patient].studies[place.study].series;
      const PlaceKey key(StudyKey(place.patient, summary.studyInstanceUid),
                         summary.seriesInstanceUid);
      const auto [found, isNew] = seriesKeys.emplace(key, series.size());
      place.series = found->second;
      if (isNew)
      {
        Series added;
        added.modality = summary.modality;
        added.number = summary.seriesNumber;
        added.description = summary.seriesDescription;
        series.push_back(added);
      }
      return place;
    }

    // The series of this name that had a file last; null if there is none
    Series* FindLast(const std::string& seriesUid, const std::string& studyUid)
    {
      const std::map<SeriesKey, Place>::const_iterator found =
        lastPlaces.find(SeriesKey(studyUid, seriesUid));
      if (found == lastPlaces.end())
      {
        return nullptr;
      }
      const Place& place = found->second;
      return &patients[place.patient].studies[place.study].series[place.series];
    }

    std::string institution;
    std::vector<Patient> patients;
    std::map<std::pair<std::string, std::string>, std::size_t> patientKeys;
    std::map<StudyKey, std::size_t> studyKeys;
    std::map<PlaceKey, std::size_t> seriesKeys;
    std::map<SeriesKey, Place> lastPlaces;
  };

  MediaIndex::MediaIndex(const std::string& institutionText)
    : pimpl_(std::make_unique<PImpl>())
  {
    pimpl_->institution = institutionText;
  }

  MediaIndex::~MediaIndex() = default;

  void MediaIndex::AddFile(const std::string&, const DicomSummary& summary)
  {
    const PImpl::Place place = pimpl_->FindPlace(summary);
    pimpl_->patients[place.patient].studies[place.study].series[place.series].filesCount++;
    pimpl_->lastPlaces[{summary.studyInstanceUid, summary.seriesInstanceUid}] = place;
  }

  void MediaIndex::AddDocument(const std::string& seriesInstanceUid,
                               const std::string& studyInstanceUid,
                               const std::string& title,
                               const std::string& path)
  {
    if (Series* const series = pimpl_->FindLast(seriesInstanceUid, studyInstanceUid))
    {
      series->documents.push_back({title, path});
    }
  }

  void MediaIndex::SetPreview(const std::string& seriesInstanceUid,
                              const std::string& studyInstanceUid,
                              const std::string& path)
  {
    if (Series* const series = pimpl_->FindLast(seriesInstanceUid, studyInstanceUid))
    {
      series->preview = path;
    }
  }

  std::string MediaIndex::Make() const
  {
    return PageWriter().Write(pimpl_->institution, pimpl_->patients);
  }
} // namespace OrthancPlugins
