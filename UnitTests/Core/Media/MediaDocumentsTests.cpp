// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Media/MediaDocuments.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    std::vector<std::string> SplitLines(const std::string& text)
    {
      std::vector<std::string> lines;
      std::size_t begin = 0;
      for (std::size_t end = text.find("\r\n"); end != std::string::npos;
           end = text.find("\r\n", begin))
      {
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 2;
      }
      EXPECT_EQ(text.size(), begin);
      return lines;
    }

    bool Holds(const std::string& text, const std::string& part)
    {
      return text.find(part) != std::string::npos;
    }

    std::size_t Count(const std::string& text, const std::string& part)
    {
      std::size_t count = 0;
      for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      {
        count++;
      }
      return count;
    }

    DicomSummary
    MakeSummary(const std::string& patient, const std::string& study, const std::string& series)
    {
      DicomSummary summary;
      summary.patientId = patient;
      summary.patientName = "Doe^Jane^Q";
      summary.patientNameRaw = summary.patientName;
      summary.patientBirthDate = "19700131";
      summary.patientSex = "F";
      summary.studyInstanceUid = study;
      summary.studyDate = "20260224";
      summary.studyTime = "134501.25";
      summary.studyDescription = "CT of " + study;
      summary.accessionNumber = "A1";
      summary.seriesInstanceUid = series;
      summary.modality = "CT";
      summary.seriesNumber = "7";
      summary.seriesDescription = "Series " + series;
      return summary;
    }
  } // namespace

  TEST(MediaDocuments, ReadmeSaysWhatIsThere)
  {
    const std::string all = MakeReadme("Clinic\nPhone 1", "1.2.3", 2, true, true, "viewer");
    const std::string least = MakeReadme("", "1.2.3", 1, false, false, "");

    for (const std::string part : {"Clinic\r\n", "Phone 1\r\n", "1.2.3", "2 DICOM files",
                                   "INDEX.HTM", "DOCUMENT ", "viewer"})
    {
      EXPECT_TRUE(Holds(all, part)) << part;
    }
    EXPECT_TRUE(Holds(least, "1 DICOM file\r\n"));
    EXPECT_TRUE(Holds(least, "DICOMDIR"));
    for (const std::string part : {"Made by", "INDEX.HTM", "DOCUMENT ", "Added"})
    {
      EXPECT_FALSE(Holds(least, part)) << part;
    }
  }

  TEST(MediaDocuments, ReadmeIsPlain)
  {
    for (const std::string& institution :
         {std::string("Klinik f\xC3\xBCr \xE2\x82\xAC\xF0\x9F\x98\x80\r\n\tline"),
          std::string("\xFF\xC3"), std::string(500, 'x'), std::string("a\0b\x1B[31m\x7F", 9),
          std::string(60, 'y') + " " + std::string(60, 'z') + "  " + std::string(72, 'w')})
    {
      const std::string text = MakeReadme(institution, "1.2.3", 5, true, true, institution);

      for (const std::string& line : SplitLines(text))
      {
        EXPECT_GE(72u, line.size()) << line;
        EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
        for (const char c : line)
        {
          EXPECT_TRUE(c >= 0x20 && c < 0x7F) << line;
        }
      }
    }
    EXPECT_TRUE(Holds(MakeReadme("f\xC3\xBCr \xE2\x82\xAC", "1", 5, true, true, ""), "f?r ?\r\n"));
  }

  TEST(MediaDocuments, IndexListsPatientsStudiesAndSeries)
  {
    MediaIndex index("Clinic");
    index.AddFile("IMAGES/IM0", MakeSummary("P1", "1.1", "1.1.1"));
    index.AddFile("IMAGES/IM1", MakeSummary("P1", "1.1", "1.1.1"));
    index.AddFile("IMAGES/IM2", MakeSummary("P1", "1.1", "1.1.2"));
    index.AddFile("IMAGES/IM3", MakeSummary("P2", "1.2", "1.2.1"));
    index.AddFile("IMAGES/IM4", MakeSummary("P1", "1.1", "1.1.1"));

    const std::string page = index.Make();

    EXPECT_EQ(2u, Count(page, "<h2>"));
    EXPECT_EQ(2u, Count(page, "<h3>"));
    EXPECT_EQ(2u, Count(page, "<caption>"));
    EXPECT_EQ(3u, Count(page, "<tr><td"));
    EXPECT_TRUE(Holds(page, "2 patients, 2 studies, 3 series"));
    EXPECT_TRUE(Holds(page, "<h2><bdi>Doe, Jane Q</bdi></h2>"));
    EXPECT_TRUE(Holds(page, "Patient ID: <bdi>P1</bdi>, born: 1970-01-31, sex: female"));
    EXPECT_TRUE(Holds(page, "<h3>2026-02-24 13:45 <bdi>CT of 1.1</bdi></h3>"));
    EXPECT_TRUE(Holds(page, "<bdi>Series 1.1.1</bdi></td><td class=\"number\">3</td>"));
    EXPECT_TRUE(Holds(page, "Clinic"));
    EXPECT_EQ(page, index.Make());
  }

  // One study UID under two patients, one series UID in two studies
  TEST(MediaDocuments, CollisionsStayApart)
  {
    MediaIndex index("");
    index.AddFile("IM0", MakeSummary("P1", "1.1", "9"));
    index.AddDocument("9", "1.1", "First", "DOCUMENT/1.PDF");
    index.AddFile("IM1", MakeSummary("P2", "1.1", "9"));
    index.AddDocument("9", "1.1", "Second", "DOCUMENT/2.PDF");
    index.AddFile("IM2", MakeSummary("P2", "1.2", "9"));

    const std::string page = index.Make();

    EXPECT_TRUE(Holds(page, "2 patients, 3 studies, 3 series"));
    EXPECT_LT(page.find("First"), page.find("P2"));
    EXPECT_LT(page.find("P2"), page.find("Second"));
  }

  TEST(MediaDocuments, LinksAreRelative)
  {
    MediaIndex index("");
    index.AddFile("IMAGES/IM0", MakeSummary("P1", "1.1", "1.1.1"));
    index.AddDocument("1.1.1", "1.1", "A report", "DOCUMENT/DOC0.PDF");
    index.AddDocument("1.1.1", "1.1", "", "DOCUMENT/DOC1.PDF");
    index.AddDocument("1.1.1", "1.1", "x", "javascript:alert(1)//\"><b c='&%\xC3\xA4");
    index.SetPreview("1.1.1", "1.1", "PREVIEW/S0.JPG");
    index.AddDocument("unknown", "1.1", "nowhere", "DOCUMENT/DOC9.PDF");
    index.SetPreview("1.1.1", "unknown", "PREVIEW/S9.JPG");

    const std::string page = index.Make();

    EXPECT_TRUE(Holds(page, "<a href=\"./DOCUMENT/DOC0.PDF\"><bdi>A report</bdi></a>"));
    EXPECT_TRUE(Holds(page, "<a href=\"./DOCUMENT/DOC1.PDF\"><bdi>Document</bdi></a>"));
    EXPECT_TRUE(
      Holds(page, "<a href=\"./javascript%3Aalert%281%29//%22%3E%3Cb%20c%3D%27%26%25%C3%A4\">"));
    EXPECT_TRUE(Holds(page, "<a href=\"./PREVIEW/S0.JPG\"><img src=\"./PREVIEW/S0.JPG\""));
    EXPECT_FALSE(Holds(page, "DOC9"));
    EXPECT_FALSE(Holds(page, "S9"));
  }

  TEST(MediaDocuments, HostileValues)
  {
    const std::string hostile =
      std::string("</td><script>alert('1')</script>&\"\0\x1B\x7F\xFF\xC3(", 40) +
      "\xC2\x85\xE2\x80\xAE\xE2\x81\xA6\xED\xA0\x80\xEF\xBF\xBF\xF0\x9F\xBF\xBE";
    MediaIndex index(hostile);
    DicomSummary summary = MakeSummary(hostile, "1.1", "1.1.1");
    summary.patientName = hostile;
    summary.patientBirthDate = hostile;
    summary.patientSex = hostile;
    summary.studyDate = hostile;
    summary.studyTime = hostile;
    summary.studyDescription = hostile;
    summary.accessionNumber = hostile;
    summary.modality = hostile;
    summary.seriesNumber = hostile;
    summary.seriesDescription = hostile;
    index.AddFile(hostile, summary);
    index.AddDocument("1.1.1", "1.1", hostile, hostile);
    index.SetPreview("1.1.1", "1.1", hostile);

    const std::string page = index.Make();

    EXPECT_FALSE(Holds(page, "<script"));
    EXPECT_FALSE(Holds(page, "('1')"));
    EXPECT_TRUE(
      Holds(page, "&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"));
    for (const std::string forbidden :
         {"\x1B", "\x7F", "\xFF", "\xC3(", "\xC2\x85", "\xE2\x80\xAE", "\xE2\x81\xA6",
          "\xED\xA0\x80", "\xEF\xBF\xBF", "\xF0\x9F\xBF\xBE"})
    {
      EXPECT_FALSE(Holds(page, forbidden));
    }
    EXPECT_EQ(std::string::npos, page.find('\0'));
    // An attribute or an element more would show here
    EXPECT_EQ(1u, Count(page, "<img "));
    EXPECT_EQ(2u, Count(page, "<a href=\"./"));
    EXPECT_EQ(2u, Count(page, "<a "));
    EXPECT_EQ(5u, Count(page, "<td"));
  }

  TEST(MediaDocuments, UnknownValues)
  {
    MediaIndex empty("");
    EXPECT_TRUE(Holds(empty.Make(), "0 patients, 0 studies, 0 series"));
    MediaIndex index("");
    index.AddFile("IM0", DicomSummary());

    const std::string page = index.Make();

    EXPECT_TRUE(Holds(page, "1 patient, 1 study, 1 series"));
    EXPECT_TRUE(Holds(page, "Patient without a name"));
    EXPECT_TRUE(Holds(page, "born: \xE2\x80\x93"));
  }

  TEST(MediaDocuments, Names)
  {
    const std::pair<std::string, std::string> rows[] = {
      {"Doe", "Doe"},
      {"Doe^Jane", "Doe, Jane"},
      {"Doe^^Q", "Doe, Q"},
      {"Doe^Jane^^Dr^", "Doe, Jane Dr"},
      {"^Jane", ", Jane"},
      {"Yamada^Tarou=\xE5\xB1\xB1\xE7\x94\xB0^\xE5\xA4\xAA\xE9\x83\x8E",
       "Yamada, Tarou / \xE5\xB1\xB1\xE7\x94\xB0, \xE5\xA4\xAA\xE9\x83\x8E"},
    };
    for (const auto& [name, expected] : rows)
    {
      MediaIndex index("");
      DicomSummary summary = MakeSummary("P", "1", "1");
      summary.patientName = name;
      index.AddFile("IM0", summary);

      EXPECT_TRUE(Holds(index.Make(), "<h2><bdi>" + expected + "</bdi>")) << name;
    }
  }

  TEST(MediaDocuments, PageNeedsNothingElse)
  {
    MediaIndex index("");
    index.AddFile("IM0", MakeSummary("P1", "1.1", "1.1.1"));

    const std::string page = index.Make();

    EXPECT_EQ(0u, page.find("<!DOCTYPE html>\n<html lang=\"en\">"));
    EXPECT_TRUE(Holds(page, "<meta charset=\"utf-8\">"));
    EXPECT_TRUE(Holds(page, "Content-Security-Policy"));
    EXPECT_FALSE(Holds(page, "http:"));
    EXPECT_FALSE(Holds(page, "https:"));
    EXPECT_FALSE(Holds(page, " on"
                             "load"));
    for (const std::string tag : {"main", "section", "table", "thead", "tbody", "header", "footer"})
    {
      EXPECT_EQ(1u, Count(page, "<" + tag + ">")) << tag;
      EXPECT_EQ(1u, Count(page, "</" + tag + ">")) << tag;
    }
  }
} // namespace OrthancPlugins
