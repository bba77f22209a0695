// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/NamingTemplate.h"

#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    std::vector<std::string> Render(const std::string& text)
    {
      const DicomTags patient{{"PatientID", "P1"}, {"PatientName", "A/B"}};
      const DicomTags study{{"StudyDate", "20200101"}, {"StudyDescription", " Brain "}};
      const DicomTags series{{"Modality", "CT"}, {"SeriesNumber", "7"}};
      const DicomTags instance{{"InstanceNumber", "3"}};
      const std::string id = "0123-4567";

      std::vector<std::string> texts;
      for (const NamingTemplate::Part& part :
           NamingTemplate(text).Render(NamingValues{patient, study, series, instance, id, 12}))
      {
        texts.push_back(part.text);
      }
      return texts;
    }

    std::string RenderExtension(const std::string& text)
    {
      const DicomTags none;
      const std::string id = "0123-4567";
      return NamingTemplate(text)
        .Render(NamingValues{none, none, none, none, id, 1})
        .back()
        .extension;
    }

    void ExpectRefused(const std::string& text, const std::string& fault)
    {
      try
      {
        NamingTemplate::CheckNaming(text);
        ADD_FAILURE() << "accepted: " << text;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::OutOfRange, failure.GetKind()) << text;
        EXPECT_NE(std::string::npos, std::string(failure.what()).find("Naming")) << text;
        EXPECT_NE(std::string::npos, std::string(failure.what()).find(fault))
          << text << ": " << failure.what();
      }
    }

    using Texts = std::vector<std::string>;
  } // namespace

  TEST(NamingTemplate, PutsValuesIntoPaths)
  {
    EXPECT_EQ(Texts({"P1", "20200101 Brain", "7 CT", "3.dcm"}),
              Render("{PatientID}/{StudyDate} {StudyDescription}/{SeriesNumber} {Modality}/"
                     "{InstanceNumber}.dcm"));
    EXPECT_EQ(Texts({"image.dcm"}), Render("image.dcm"));
    EXPECT_EQ(Texts({"0123-4567"}), Render("{OrthancID}"));
    EXPECT_EQ(Texts({"00000012.dcm"}), Render("{Index}.dcm"));
    EXPECT_EQ(Texts({"{P1}", "}x{"}), Render("{{{PatientID}}}/}}x{{"));
    EXPECT_EQ(Texts({"R\xC3\xB6ntgen", "3"}), Render("R\xC3\xB6ntgen/{InstanceNumber}"));
  }

  TEST(NamingTemplate, SlashesInValuesMakeNoFolder)
  {
    EXPECT_EQ(Texts({"A/B", "3"}), Render("{PatientName}/{InstanceNumber}"));
  }

  TEST(NamingTemplate, AbsentValuesLeaveNothing)
  {
    EXPECT_EQ(Texts({"", "-.dcm"}), Render("{StationName}/{AccessionNumber}-{StudyTime}.dcm"));
  }

  TEST(NamingTemplate, TheExtensionIsWhatTheUserWrote)
  {
    EXPECT_EQ(".dcm", RenderExtension("{Index}.dcm"));
    EXPECT_EQ(".IMA", RenderExtension("a/{Index}.IMA"));
    EXPECT_EQ("", RenderExtension("{Index}"));
    EXPECT_EQ("", RenderExtension("v1.2/{Index}"));
    EXPECT_EQ("", RenderExtension("{Index}. a"));
    EXPECT_EQ("", RenderExtension("{Index}.{Modality}"));
    EXPECT_EQ("", RenderExtension("{Index}.muchtoolong"));
  }

  TEST(NamingTemplate, KnowsWhenInstanceTagsAreNeeded)
  {
    EXPECT_TRUE(NamingTemplate("{InstanceNumber}").NeedsInstanceTags());
    EXPECT_TRUE(NamingTemplate("{SOPInstanceUID}/x").NeedsInstanceTags());
    EXPECT_FALSE(NamingTemplate("{SeriesNumber}/{Index}").NeedsInstanceTags());
    EXPECT_FALSE(NamingTemplate("{PatientID}/{OrthancID}").NeedsInstanceTags());
    EXPECT_FALSE(NamingTemplate("{{InstanceNumber}}").NeedsInstanceTags());
  }

  TEST(NamingTemplate, AcceptsHostAndTemplates)
  {
    for (const char* const text : {"Host", "host", "{PatientID}", "a",
                                   "{OtherPatientIDs}/{RequestingPhysician}/{SeriesType}",
                                   "a/b/c/d/e/f/g/h", "x..y", "..x", "{PatientID}..", " a"})
    {
      EXPECT_NO_THROW(NamingTemplate::CheckNaming(text)) << text;
    }
    EXPECT_NO_THROW(NamingTemplate::CheckNaming(std::string(1000, 'a')));
    std::string umlauts;
    for (int i = 0; i < 1000; i++)
    {
      umlauts += "\xC3\xBC";
    }
    EXPECT_NO_THROW(NamingTemplate::CheckNaming(umlauts));
  }

  TEST(NamingTemplate, RefusesEveryOtherFault)
  {
    ExpectRefused("", "empty");
    ExpectRefused("/a", "absolute");
    ExpectRefused("a/", "ends with");
    ExpectRefused("a//b", "empty folder");
    ExpectRefused("a/ /b", "empty folder");
    ExpectRefused(" ", "empty");
    ExpectRefused("..", "dots");
    ExpectRefused("../a", "dots");
    ExpectRefused("a/../b", "dots");
    ExpectRefused("a/./b", "dots");
    ExpectRefused("a/. ./b", "dots");
    ExpectRefused("{PatientID", "unbalanced");
    ExpectRefused("PatientID}", "unbalanced");
    ExpectRefused("{", "unbalanced");
    ExpectRefused("}", "unbalanced");
    ExpectRefused("{Patient/ID}", "unbalanced");
    ExpectRefused("{Patient{ID}}", "unbalanced");
    ExpectRefused("{{{", "unbalanced");
    ExpectRefused("{}", "{}");
    ExpectRefused("{patientid}", "{patientid}");
    ExpectRefused("{ PatientID }", "{ PatientID }");
    ExpectRefused("{PixelData}", "{PixelData}");
    ExpectRefused("{0010,0010}", "{0010,0010}");
    ExpectRefused("{orthancid}", "{orthancid}");
    ExpectRefused("C:/{PatientID}", ": *");
    ExpectRefused("a*b", ": *");
    ExpectRefused("a\\{PatientID}", "separated");
    ExpectRefused("a\nb", "control");
    ExpectRefused(std::string("a\0b", 3), "control");
    ExpectRefused("a\xC2\x85", "control");
    ExpectRefused("a\xE9", "UTF-8");
    ExpectRefused("a/b/c/d/e/f/g/h/i", "levels");
    ExpectRefused(std::string(1001, 'a'), "1000");
  }
} // namespace OrthancPlugins
