// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/DicomObject.h"

#include "../../../Plugin/Core/Failure.h"
#include "../../Fakes/TextInstanceData.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    const PrivateDictionary& GetDictionary()
    {
      static const PrivateDictionary DICTIONARY(
        {{0x0405, 0x01, "RawDataStore", "ST", "RawText", 1, 1},
         {0x0405, 0x02, "RawDataStore", "US", "RawNumbers", 1, 3},
         {0x0405, 0x03, "RawDataStore", "DS", "RawDecimal", 1, 1},
         {0x0405, 0x04, "RawDataStore", "OW", "RawWords", 1, 1},
         {0x0405, 0x05, "RawDataStore", "SQ", "RawItems", 1, 1},
         {0x0405, 0x06, "RawDataStore", "IS", "RawInteger", 1, 1},
         {0x0405, 0x07, "RawDataStore", "DA", "RawDate", 1, 1},
         {0x0405, 0x08, "RawDataStore", "UI", "RawUid", 1, 1},
         {0x0405, 0x09, "RawDataStore", "LO", "RawLong", 1, 0},
         {0x0405, 0x0A, "RawDataStore", "AT", "RawTag", 1, 1},
         {0x0405, 0x0B, "RawDataStore", "OF", "RawFloats", 1, 1},
         {0x0405, 0x01, "Other", "LO", "OtherText", 1, 1}},
        {}, {});
      return DICTIONARY;
    }

    NewElement Text(const std::string& tag, const std::vector<std::string>& values)
    {
      NewElement element;
      element.tag = tag;
      element.values = values;
      return element;
    }

    NewElement Bytes(const std::string& tag, const std::string& bytes)
    {
      NewElement element;
      element.tag = tag;
      element.binary = bytes;
      return element;
    }

    // What is written as DICOM JSON
    std::string Write(const NewItem& elements, const std::string& creator = "RawDataStore")
    {
      DicomObject object("ISO_IR 100");
      object.Write(elements, GetDictionary(), creator, nullptr);
      std::string json = object.ToJson();
      json.erase(
        std::remove_if(json.begin(), json.end(), [](char c) { return c == ' ' || c == '\n'; }),
        json.end());
      return json;
    }

    // The message with which it is refused
    std::string Refuse(const NewItem& elements, const std::string& creator = "RawDataStore")
    {
      try
      {
        Write(elements, creator);
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::OutOfRange, failure.GetKind());
        return failure.what();
      }
      return "";
    }

    bool Contains(const std::string& text, const std::string& part)
    {
      return text.find(part) != std::string::npos;
    }

    std::string MakeFile(const std::string& charset, const NewItem& elements)
    {
      DicomObject object(charset);
      object.Set("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2");
      object.Set("SOPInstanceUID", "1.2.3");
      object.Write(elements, GetDictionary(), "", nullptr);
      return object.Serialize().head;
    }
  } // namespace

  TEST(DicomObject, WritesTheCreatorOfAPrivateBlock)
  {
    const std::string json = Write({Text("0405,1001", {"text"})});
    EXPECT_TRUE(Contains(json, "\"04050010\":{\"vr\":\"LO\",\"Value\":[\"RawDataStore\"]}"))
      << json;
    EXPECT_TRUE(Contains(json, "\"04051001\":{\"vr\":\"ST\",\"Value\":[\"text\"]}")) << json;
  }

  TEST(DicomObject, TakesTheCreatorElementOfTheRequest)
  {
    const std::string json =
      Write({Text("0405,1101", {"text"}), Text("0405,0011", {"RawDataStore"})}, "");
    EXPECT_TRUE(Contains(json, "\"04050011\":{\"vr\":\"LO\"")) << json;
    EXPECT_TRUE(Contains(json, "\"04051101\":{\"vr\":\"ST\"")) << json;
  }

  TEST(DicomObject, TheCreatorOfTheBlockWinsOverThatOfTheRequest)
  {
    const std::string json =
      Write({Text("0405,0010", {"Other"}), Text("0405,1001", {"text"})}, "RawDataStore");
    EXPECT_TRUE(Contains(json, "\"04051001\":{\"vr\":\"LO\"")) << json;
  }

  TEST(DicomObject, SeveralCreatorsHaveBlocksOfTheirOwn)
  {
    NewElement second = Text("0405,1001", {"second"});
    second.privateCreator = "Other";
    const std::string json = Write({Text("0405,1001", {"first"}), second});
    EXPECT_TRUE(Contains(json, "\"04050011\":{\"vr\":\"LO\",\"Value\":[\"Other\"]}")) << json;
    EXPECT_TRUE(Contains(json, "\"04051101\":{\"vr\":\"LO\",\"Value\":[\"second\"]}")) << json;
  }

  TEST(DicomObject, TheLastBlockIsLegal)
  {
    const std::string json =
      Write({Text("0405,00ff", {"RawDataStore"}), Text("0405,ff01", {"text"})}, "");
    EXPECT_TRUE(Contains(json, "\"0405FF01\":{\"vr\":\"ST\"")) << json;
  }

  TEST(DicomObject, AnyBlockIsTheFirstFreeOne)
  {
    const std::string json =
      Write({Text("0405,0010", {"Other"}), Text("0405,xx01", {"text"})}, "RawDataStore");
    EXPECT_TRUE(Contains(json, "\"04051101\":{\"vr\":\"ST\"")) << json;
  }

  TEST(DicomObject, ItemsHaveCreatorsOfTheirOwn)
  {
    NewElement sequence;
    sequence.tag = "0405,1005";
    sequence.isSequence = true;
    sequence.items = {{Text("0405,1001", {"inside"})}};
    const std::string json = Write({sequence});
    EXPECT_TRUE(Contains(json, "\"04051005\":{\"vr\":\"SQ\",\"Value\":[{\"04050010\":")) << json;
  }

  TEST(DicomObject, NumbersAndBytesGetTheirVr)
  {
    const std::string json =
      Write({Text("0405,1002", {"7\\8", "9"}), Bytes("0405,1004", std::string("\1\0\2\0", 4)),
             Text("0405,100a", {"(0010,0020)"}), Text("0405,100b", {"1.5"})});
    EXPECT_TRUE(Contains(json, "\"04051002\":{\"vr\":\"US\",\"Value\":[7,8,9]}")) << json;
    EXPECT_TRUE(Contains(json, "\"04051004\":{\"vr\":\"OW\",\"InlineBinary\":\"AQACAA==\"}"))
      << json;
    EXPECT_TRUE(Contains(json, "\"0405100A\":{\"vr\":\"AT\",\"Value\":[\"00100020\"]}")) << json;
    EXPECT_TRUE(Contains(json, "\"0405100B\":{\"vr\":\"OF\"")) << json;
  }

  TEST(DicomObject, UnknownElementsNeedAVrOrBytes)
  {
    EXPECT_TRUE(Contains(Refuse({Text("0405,10ee", {"x"})}), "0405,10ee"));
    NewElement known = Text("0405,10ee", {"x"});
    known.vr = "LO";
    EXPECT_TRUE(Contains(Write({known}), "\"040510EE\":{\"vr\":\"LO\""));
    EXPECT_TRUE(Contains(Write({Bytes("0405,10ee", "ab")}), "\"040510EE\":{\"vr\":\"UN\""));
  }

  TEST(DicomObject, RefusesWhatNoPrivateElementCanBe)
  {
    for (const char* tag : {"0001,1001", "ffff,1001", "0405,0001", "0405,0f01", "0404,1001"})
    {
      EXPECT_TRUE(Contains(Refuse({Text(tag, {"x"})}), tag)) << tag;
    }
    EXPECT_NE("", Refuse({Text("0405,1001", {"x"})}, "")); // an orphan
    EXPECT_NE("", Refuse({Text("0405,0010", {"Raw\xC3\xA9"})}));
    EXPECT_NE("", Refuse({Text("0405,0010", {std::string(65, 'x')})}));
    EXPECT_NE("", Refuse({Text("NoSuchKeyword", {"x"})}));
  }

  TEST(DicomObject, RefusesValuesThatAreNotOfTheirVr)
  {
    const std::vector<std::pair<const char*, std::string>> values = {
      {"0405,1003", "abc"},
      {"0405,1003", "1234567890123456789012345678"},
      {"0405,1006", "99999999999"},
      {"0405,1008", "1.2.abc.03"},
      {"0405,1007", "31/12/2020"},
      {"0405,1007", "2020-12-31"},
      {"0405,1007", "20201231-20210101"},
      {"0405,1001", std::string(2000, 'x')},
      {"0405,1009", std::string(100, 'x')},
      {"0405,1002", "70000"},
      {"0405,1002", "-1"},
      {"0405,1002", "seven"},
      {"0405,1002", "1\\2\\3\\4"},
      {"0405,100a", "patient"}};
    for (const auto& [tag, value] : values)
    {
      const std::string message = Refuse({Text(tag, {value})});
      EXPECT_TRUE(Contains(message, tag)) << tag << " " << value;
      EXPECT_FALSE(Contains(message, value)) << "values stay out of messages";
    }
    EXPECT_NE("", Refuse({Bytes("0405,1004", "abc")})); // OW of an odd length
  }

  TEST(DicomObject, ChecksStandardAttributesIfAskedTo)
  {
    const std::vector<std::pair<const char*, std::string>> values = {
      {"ContentDate", "2026-11-26"},  {"ContentTime", "25:00"},
      {"StudyInstanceUID", "no-uid"}, {"Modality", "ot"},
      {"SeriesDescription", "a\\b"},  {"SeriesDescription", std::string(65, 'x')}};
    for (const auto& [tag, value] : values)
    {
      NewElement element = Text(tag, {value});
      EXPECT_EQ("", Refuse({element})) << tag << ": as the host takes it";
      element.isChecked = true;
      EXPECT_TRUE(Contains(Refuse({element}), tag)) << tag << " " << value;
    }
    NewElement good = Text("ContentDate", {"20261126"});
    good.isChecked = true;
    EXPECT_EQ("", Refuse({good}));
    NewElement accented =
      Text("SeriesDescription", {std::string(64, 'x').replace(0, 1, "\xC3\xA9")});
    accented.isChecked = true;
    EXPECT_EQ("", Refuse({accented})); // characters are counted, not bytes
  }

  TEST(DicomObject, CollectsProblemsInsteadOfStopping)
  {
    DicomObject object("");
    std::vector<std::string> problems;
    object.Write(
      {Text("0405,1003", {"abc"}), Text("0405,1001", {"good"}), Text("0001,1001", {"x"})},
      GetDictionary(), "RawDataStore", &problems);
    EXPECT_EQ(2u, problems.size());
    EXPECT_TRUE(object.Has("0405,1001"));
    EXPECT_FALSE(object.Has("0405,1003"));
  }

  TEST(DicomObject, NoCharacterIsEverLost)
  {
    DicomObject object("ISO_IR 100");
    object.Set("PatientName", "\xC3\x84neas");
    EXPECT_EQ("ISO_IR 100", object.GetCharset());
    object.Set("DocumentTitle", "Bericht \xE6\xA4\x9C\xE6\x9F\xBB");
    EXPECT_EQ("ISO_IR 192", object.GetCharset());
    EXPECT_EQ("\xC3\x84neas", object.GetText("PatientName"));
    EXPECT_EQ("Bericht \xE6\xA4\x9C\xE6\x9F\xBB", object.GetText("DocumentTitle"));
  }

  TEST(DicomObject, CopiesSequencesAndTheCharacterSetOfTheParent)
  {
    NewElement codes;
    codes.tag = "ProcedureCodeSequence";
    codes.isSequence = true;
    codes.items = {{Text("CodeValue", {"1"}), Text("CodeMeaning", {"\xCE\xB1"})}};
    const TextInstanceData parent(MakeFile(
      "ISO_IR 126", {codes, Text("PatientName", {"\xCE\x91\xCE\xB2"}), Text("PatientID", {"P"}),
                     Text("StudyID", {"S"}), Text("TimezoneOffsetFromUTC", {"+0200"}),
                     Text("Modality", {"CT"}), Text("SeriesDescription", {"images"})}));
    DicomObject object("");
    object.CopyParent(parent, ResourceLevel::Study);
    EXPECT_EQ("ISO_IR 126", object.GetCharset());
    EXPECT_EQ("\xCE\x91\xCE\xB2", object.GetText("PatientName"));
    EXPECT_TRUE(Contains(object.ToJson(), "\xCE\xB1"));
    EXPECT_TRUE(object.Has("TimezoneOffsetFromUTC"));
    EXPECT_FALSE(object.Has("Modality"));
    EXPECT_FALSE(object.Has("SeriesDescription"));

    DicomObject patient("");
    patient.CopyParent(parent, ResourceLevel::Patient);
    EXPECT_FALSE(patient.Has("StudyID"));

    DicomObject series("");
    series.CopyParent(parent, ResourceLevel::Series);
    EXPECT_EQ("CT", series.GetText("Modality"));
  }

  TEST(DicomObject, RefusesAParentThatIsNoFile)
  {
    DicomObject object("");
    const TextInstanceData parent("no DICOM file");
    EXPECT_THROW(object.CopyParent(parent, ResourceLevel::Study), Failure);
  }

  TEST(DicomObject, IsWrittenAroundADocument)
  {
    DicomObject object("");
    object.Set("SOPClassUID", "1.2.840.10008.5.1.4.1.1.104.1");
    object.Set("SOPInstanceUID", "1.2.3");
    object.Set("MIMETypeOfEncapsulatedDocument", "application/pdf");
    const DicomFile file = object.Serialize(5);
    ASSERT_LT(132u + 12u, file.head.size());
    EXPECT_EQ(std::string("\x42\0\x11\0OB\0\0\x06\0\0\0", 12),
              file.head.substr(file.head.size() - 12));
    EXPECT_EQ(std::string("\0\x42\0\x12\0LO", 7), file.tail.substr(0, 7)); // of 5 bytes, padded
    EXPECT_TRUE(Contains(file.head + file.tail, std::string("\x42\0\x15\0UL\x04\0\x05\0\0\0", 12)));
    EXPECT_EQ("DICM", file.head.substr(128, 4));
    EXPECT_EQ('\x42', object.Serialize(4).tail.front());
  }

  TEST(DicomObject, UidsAreNumbers)
  {
    const std::string uid = GenerateUid();
    EXPECT_EQ("2.25.", uid.substr(0, 5));
    EXPECT_LE(uid.size(), 64u);
    EXPECT_EQ(std::string::npos, uid.find_first_not_of("0123456789.", 5));
    EXPECT_NE(uid, GenerateUid());
  }

  TEST(ElementWriter, NamesOfTheSameAttributeAreRefused)
  {
    for (const NewItem& elements : {NewItem{Text("PatientName", {"A"}), Text("0010,0010", {"B"})},
                                    NewItem{Text("0405,1001", {"A"}), Text("04051001", {"B"})},
                                    NewItem{Text("0405,1001", {"A"}), Text("0405,xx01", {"B"})},
                                    NewItem{Text("0405,0010", {"A"}), Text("0405-0010", {"B"})}})
    {
      EXPECT_THROW(Write(elements), Failure);
    }
    // An item is another thing
    NewElement sequence;
    sequence.tag = "0405,1005";
    sequence.isSequence = true;
    sequence.items = {{Text("0405,1001", {"A"})}, {Text("0405,1001", {"B"})}};
    EXPECT_NO_THROW(Write({Text("0405,1001", {"A"}), sequence}));
  }
} // namespace OrthancPlugins
