// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/XmlAnswer.h"

#include "../Fakes/RecordingAnswer.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* DECLARATION = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

    bool IsWanted(const std::string& accept)
    {
      HttpRequest request;
      request.headers["accept"] = accept;
      return IsXmlWanted(request);
    }
  } // namespace

  TEST(XmlAnswer, WantedAsTheHostCounts)
  {
    for (const char* const accept : {"application/xml", "application/xml;q=0.5, application/json",
                                     "application/xml; charset=utf-8"})
    {
      EXPECT_TRUE(IsWanted(accept)) << accept;
    }
    for (const char* const accept :
         {"", "*/*", "text/xml", "application/*", "application/json", "application/xmlx",
          "application/json, application/xml", "text/html, application/xml;q=0.9",
          "application/xml, text/html", "application/xml ;q=1", "application/json; application/xml",
          "application/xml;application/json", ";", ";;"})
    {
      EXPECT_FALSE(IsWanted(accept)) << accept;
    }
    EXPECT_FALSE(IsXmlWanted(HttpRequest()));
  }

  TEST(XmlAnswer, EveryTypeOfJson)
  {
    struct Row
    {
      const char* json;
      const char* xml;
    };
    for (const Row& row :
         {Row{"[]", "<root />\n"}, Row{"{}", "<root />\n"}, Row{"null", "<root>null</root>\n"},
          Row{"\"\"", "<root></root>\n"}, Row{"true", "<root>true</root>\n"},
          Row{"-5", "<root>-5</root>\n"},
          Row{"18446744073709551615", "<root>18446744073709551615</root>\n"},
          Row{"0.005", "<root>0.00499999989</root>\n"}, Row{"1.0", "<root>1</root>\n"},
          Row{"[1, [], [2]]",
              "<root>\n  <item>1</item>\n  <item />\n  <item>\n    <item>2</item>\n  </item>\n"
              "</root>\n"},
          Row{"{\"b\": {\"c\": 1}, \"a\": \"x\"}",
              "<root>\n  <a>x</a>\n  <b>\n    <c>1</c>\n  </b>\n</root>\n"}})
    {
      EXPECT_EQ(std::string(DECLARATION) + row.xml, JsonToXml(row.json)) << row.json;
    }
  }

  TEST(XmlAnswer, NothingBreaksOut)
  {
    EXPECT_EQ(std::string(DECLARATION) +
                "<root>\xC3\xA9&lt;/root&gt;&amp;\"'\t\r\n&#01;&#31;</root>\n",
              JsonToXml("\"\\u00e9</root>&\\\"'\\t\\r\\n\\u0001\\u001f\""));
    EXPECT_EQ(std::string(DECLARATION) + "<root>\n  <_>1</_>\n  <a__b___>2</a__b___>\n</root>\n",
              JsonToXml("{\"\": 1, \"a><b />\": 2}"));
    EXPECT_THROW(JsonToXml("{"), Failure);
  }

  TEST(XmlAnswer, JsonInAnyFormIsConverted)
  {
    const std::string expected = std::string(DECLARATION) + "<root>\n  <item>1</item>\n</root>\n";
    RecordingAnswer json;
    RecordingAnswer buffer;
    RecordingAnswer stream;

    XmlAnswer(json).SendJson("[1]");
    XmlAnswer(buffer).SendBuffer("[1]", "application/json");
    XmlAnswer streamed(stream);
    IByteSink& sink =
      streamed.BeginStream("application/json; charset=utf-8", std::nullopt, StreamFraming::Plain);
    sink.Write("[", 1);
    streamed.FlushStream();
    EXPECT_EQ(RecordingAnswer::Kind::None, stream.kind);
    sink.Write("1]", 2);
    streamed.EndStream();

    for (const RecordingAnswer* const answer : {&json, &buffer, &stream})
    {
      EXPECT_EQ(RecordingAnswer::Kind::Buffer, answer->kind);
      EXPECT_EQ("application/xml; charset=utf-8", answer->mime);
      EXPECT_EQ(expected, answer->body);
    }
  }

  TEST(XmlAnswer, EverythingElsePasses)
  {
    RecordingAnswer text;
    RecordingAnswer file;
    RecordingAnswer stream;
    RecordingAnswer empty;
    RecordingAnswer refused;
    const unsigned char data[] = {'P', 'K'};

    XmlAnswer(text).SendBuffer("[1]", "text/plain");
    XmlAnswer filed(file);
    filed.SetHeader("ETag", "x");
    filed.SendFile(data, 2, "application/zip");
    XmlAnswer streamed(stream);
    streamed.BeginStream("application/zip", std::nullopt, StreamFraming::Chunked).Write(data, 2);
    streamed.FlushStream();
    streamed.EndStream();
    XmlAnswer(empty).SendEmptyStatus(404);
    XmlAnswer(refused).SendNotAllowed("GET");

    EXPECT_EQ("[1]", text.body);
    EXPECT_EQ("text/plain", text.mime);
    EXPECT_EQ("PK", file.body);
    EXPECT_EQ("x", file.headers["ETag"]);
    EXPECT_EQ(RecordingAnswer::Kind::Stream, stream.kind);
    EXPECT_EQ("PK", stream.body);
    EXPECT_TRUE(stream.hasEnded);
    EXPECT_EQ(404u, empty.status);
    EXPECT_EQ("GET", refused.allowed);
    EXPECT_EQ(text.CanStream(), XmlAnswer(text).CanStream());
    EXPECT_EQ(text.GetMaxPartialBytes(), XmlAnswer(text).GetMaxPartialBytes());
    EXPECT_EQ(text.GetMaxFileBytes(), XmlAnswer(text).GetMaxFileBytes());
  }
} // namespace OrthancPlugins
