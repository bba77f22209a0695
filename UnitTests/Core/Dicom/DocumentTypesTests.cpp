// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/DocumentTypes.h"

#include "../../../Plugin/Core/Dicom/ObjectCompletion.h"
#include "../../../Plugin/Core/Dicom/PdfInspector.h"
#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    // A PDF of one empty page, whose cross-reference table is right
    std::string MakePdf(const std::string& catalog = "", const std::string& information = "")
    {
      const std::string objects[] = {
        "<</Type/Catalog/Pages 2 0 R" + catalog + ">>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>",
        "<<" + information + ">>",
      };
      std::string pdf = "%PDF-1.4\n";
      std::string table = "xref\n0 5\n0000000000 65535 f \n";
      for (std::size_t i = 0; i < 4; i++)
      {
        const std::string digits = std::to_string(pdf.size());
        table += std::string(10 - digits.size(), '0') + digits + " 00000 n \n";
        pdf += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
      }
      const std::size_t start = pdf.size();
      return pdf + table + "trailer\n<</Size 5/Root 1 0 R/Info 4 0 R>>\nstartxref\n" +
             std::to_string(start) + "\n%%EOF";
    }

    bool IsAccepted(DocumentKind kind, const std::string& content)
    {
      try
      {
        CheckDocument(kind, content);
        return true;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::BadFormat, failure.GetKind());
        return false;
      }
    }
  } // namespace

  TEST(DocumentTypes, AcceptsWhatReadersAccept)
  {
    const std::string pdf = MakePdf();
    EXPECT_TRUE(IsAccepted(DocumentKind::Pdf, pdf));
    EXPECT_TRUE(IsAccepted(DocumentKind::Pdf, pdf + "\r\n"));
    EXPECT_TRUE(IsAccepted(DocumentKind::Pdf, pdf + std::string(3000, '\0')));
    EXPECT_TRUE(IsAccepted(DocumentKind::Pdf, std::string(1000, ' ') + pdf));
    EXPECT_TRUE(IsAccepted(DocumentKind::Pdf, "\xEF\xBB\xBF" + pdf));
  }

  TEST(DocumentTypes, RefusesWhatIsNoPdfOrNotAllOfIt)
  {
    const std::string pdf = MakePdf();
    EXPECT_FALSE(IsAccepted(DocumentKind::Pdf, ""));
    EXPECT_FALSE(IsAccepted(DocumentKind::Pdf, "%PDF-"));
    EXPECT_FALSE(IsAccepted(DocumentKind::Pdf, "%PDF-1."));
    EXPECT_FALSE(IsAccepted(DocumentKind::Pdf, "some text"));
    EXPECT_FALSE(IsAccepted(DocumentKind::Pdf, std::string(1025, ' ') + pdf));
    for (std::size_t size = 0; size < pdf.size(); size += 7)
    {
      EXPECT_FALSE(IsAccepted(DocumentKind::Pdf, pdf.substr(0, size))) << size;
    }
    EXPECT_FALSE(IsAccepted(DocumentKind::Pdf, pdf + std::string(2000, 'x')));
  }

  TEST(DocumentTypes, ChecksModels)
  {
    std::string binary(84, '\0');
    binary[80] = 1;
    EXPECT_FALSE(IsAccepted(DocumentKind::Stl, binary));
    EXPECT_TRUE(IsAccepted(DocumentKind::Stl, binary + std::string(50, 'x')));
    EXPECT_FALSE(IsAccepted(DocumentKind::Stl, binary + std::string(51, 'x')));
    EXPECT_TRUE(IsAccepted(DocumentKind::Stl, "solid a\nfacet\nendsolid a\n"));
    EXPECT_FALSE(IsAccepted(DocumentKind::Stl, "hello"));
    EXPECT_TRUE(IsAccepted(DocumentKind::Obj, "# model\nv 0 0 0\n"));
    EXPECT_FALSE(IsAccepted(DocumentKind::Obj, "hello"));
    EXPECT_TRUE(IsAccepted(DocumentKind::Mtl, "newmtl red\n"));
    EXPECT_FALSE(IsAccepted(DocumentKind::Mtl, "hello newmtl"));
  }

  TEST(DocumentTypes, ReadsTheHeaderOfACda)
  {
    const std::string cda =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- <title>no</title> -->\n"
      "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><typeId root=\"2.16\"/>"
      "<id extension=\"e&amp;1\" root=\"1.2.3\"/><author><id root=\"9\"/><title>Dr</title></author>"
      "<title>Be &lt;richt</title></ClinicalDocument>";
    EXPECT_TRUE(IsAccepted(DocumentKind::Cda, cda));
    const CdaHeader header = ReadCdaHeader(cda);
    EXPECT_EQ("Be <richt", header.title);
    EXPECT_EQ("1.2.3^e&1", header.instanceIdentifier);
    EXPECT_FALSE(IsAccepted(DocumentKind::Cda, "<html/>"));
    EXPECT_FALSE(IsAccepted(DocumentKind::Cda, cda.substr(0, cda.size() / 2)));
    EXPECT_EQ("", ReadCdaHeader("<ClinicalDocument").title);
    EXPECT_EQ("", ReadCdaHeader("<ClinicalDocument><title>a").title);
  }

  TEST(DocumentTypes, HeaderOfACdaIsUtf8OrEmpty)
  {
    const CdaHeader header = ReadCdaHeader("<ClinicalDocument><id root=\"1.2\" extension=\"\xE4\"/>"
                                           "<title>B\xE4richt</title></ClinicalDocument>");
    EXPECT_EQ("", header.title);
    EXPECT_EQ("", header.instanceIdentifier);
  }

  TEST(DocumentTypes, KnowsMimeTypesWhateverTheirCase)
  {
    EXPECT_EQ(DocumentKind::Pdf, FindDocumentKind("Application/PDF"));
    EXPECT_EQ(DocumentKind::Pdf, FindDocumentKind("application/x-pdf"));
    EXPECT_EQ(DocumentKind::Cda, FindDocumentKind("text/XML"));
    EXPECT_FALSE(FindDocumentKind("image/png").has_value());
    EXPECT_EQ(nullptr, FindDocumentType("1.2.3"));
    EXPECT_EQ(DocumentKind::Stl, FindDocumentType("1.2.840.10008.5.1.4.1.1.104.3")->kind);
  }

  TEST(PdfInspector, ReadsTitleAndPages)
  {
    const PdfFacts facts = InspectPdf(MakePdf("", "/Title(\xFE\xFF\0\xC4)"));
    EXPECT_TRUE(facts.isReadable);
    EXPECT_FALSE(facts.isEncrypted);
    EXPECT_EQ(1u, facts.pagesCount);
    EXPECT_EQ("Report", InspectPdf(MakePdf("", "/Title(Report)")).title);
    EXPECT_EQ("Report", FindPdfTitle(MakePdf("", "/Title(Report)")));
    EXPECT_EQ("", FindPdfTitle("%PDF-1.4 nothing"));
  }

  TEST(PdfInspector, BrokenOnesAreNotRead)
  {
    const std::string pdf = MakePdf("", "/Title(Report)");
    for (std::size_t size = 0; size < pdf.size(); size += 11)
    {
      EXPECT_EQ("", InspectPdf(pdf.substr(0, size)).title) << size;
    }
  }

  TEST(PdfInspector, HostileOnesAreNotRead)
  {
    // Deeply nested, and one that refers to itself
    EXPECT_EQ("", InspectPdf(MakePdf("", "/Title" + std::string(1u << 20, '['))).title);
    EXPECT_EQ("", InspectPdf(MakePdf("", "/Title 1 0 R/A" + std::string(100000, '<'))).title);
    EXPECT_EQ("", InspectPdf(MakePdf("", "/Title 3 0 R")).title);
  }

  TEST(PdfInspector, FindsActiveContent)
  {
    using Names = std::vector<std::string>;
    EXPECT_EQ(Names(), FindActiveContent(MakePdf()));
    EXPECT_EQ(Names{"JavaScript"},
              FindActiveContent(MakePdf("/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")));
    EXPECT_EQ(Names{"Launch"}, FindActiveContent(MakePdf("/AA<</WC<</S/Launch/F(x)>>>>")));
    EXPECT_EQ(Names{"EmbeddedFile"},
              FindActiveContent(MakePdf("/Names<</EmbeddedFiles<</Names[]>>>>")));
    EXPECT_EQ(Names{"Unreadable"}, FindActiveContent("%PDF-1.4 nothing"));
  }

  TEST(ObjectCompletion, TimesAreThoseOfTheParentsZone)
  {
    const std::int64_t NOON = 1'600'000'000ll * 1'000'000; // 2020-09-13 12:26:40 UTC
    EXPECT_EQ("20200913", FormatDicomTime(NOON, "+0000").date);
    EXPECT_EQ("122640", FormatDicomTime(NOON, "+0000").time);
    EXPECT_EQ("20200914", FormatDicomTime(NOON, "+1200").date);
    EXPECT_EQ("002640", FormatDicomTime(NOON, "+1200").time);
    EXPECT_EQ("085640", FormatDicomTime(NOON, "-0330").time);
  }

  TEST(ObjectCompletion, DocumentsHaveAllTheirAttributes)
  {
    DicomObject object("");
    ObjectOptions options;
    options.softwareVersions = "a\\b";
    options.title = "Report";
    CompleteDocument(object, DocumentKind::Pdf, MakePdf("", "/Title(Report)"), options);
    EXPECT_EQ("1.2.840.10008.5.1.4.1.1.104.1", object.GetText("SOPClassUID"));
    EXPECT_EQ("Report", object.GetText("DocumentTitle"));
    EXPECT_EQ("OT", object.GetText("Modality"));
    EXPECT_EQ("YES", object.GetText("BurnedInAnnotation"));
    EXPECT_EQ("1", object.GetText("SeriesNumber"));
    EXPECT_EQ("1", object.GetText("InstanceNumber"));
    EXPECT_EQ(36u, object.GetText("PatientID").size());
    for (const char* tag : {"PatientName", "PatientBirthDate", "PatientSex", "StudyID",
                            "AccessionNumber", "ReferringPhysicianName", "Manufacturer",
                            "AcquisitionDateTime", "ConceptNameCodeSequence"})
    {
      EXPECT_TRUE(object.Has(tag)) << tag;
    }
    EXPECT_FALSE(object.Has("AcquisitionDate"));
  }

  TEST(ObjectCompletion, AnotherSopClassIsRefused)
  {
    DicomObject object("");
    object.Set("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7");
    EXPECT_THROW(CompleteDocument(object, DocumentKind::Pdf, MakePdf(), ObjectOptions()), Failure);
  }

  TEST(ObjectCompletion, ThePredecessorIsReferenced)
  {
    DicomObject object("");
    ObjectOptions options;
    options.replaced = {"1.2.840.10008.5.1.4.1.1.104.1", "1.2.3", "1.2.4", "1.2.5", "", ""};
    CompleteDocument(object, DocumentKind::Pdf, MakePdf(), options);
    const std::string json = object.ToJson();
    EXPECT_NE(std::string::npos, json.find("0040A360"));
    EXPECT_NE(std::string::npos, json.find("\"1.2.3\""));
    EXPECT_NE(std::string::npos, json.find("\"1.2.4\""));
  }
} // namespace OrthancPlugins
