// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Http/FormData.h"

#include "../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  TEST(FormData, ReadsHeadersWithParameters)
  {
    const HeaderValue value =
      ParseHeaderValue("Form-Data; name=\"a;\\\"b\"; filename=x.pdf; filename*=UTF-8''%c3%84.pdf");
    EXPECT_EQ("form-data", value.value);
    EXPECT_EQ("a;\"b", value.parameters.at("name"));
    EXPECT_EQ("\xC3\x84.pdf", value.parameters.at("filename"));
    EXPECT_EQ("", ParseHeaderValue("").value);
    EXPECT_EQ("text/xml", ParseHeaderValue("text/XML;;charset").value);
  }

  TEST(FormData, DecodesTextOfHeaders)
  {
    EXPECT_EQ("Report", DecodeHeaderText(" Report "));
    EXPECT_EQ("\xE6\xA4\x9C", DecodeHeaderText("UTF-8''%E6%A4%9C"));
    EXPECT_EQ("\xE6\xA4\x9C", DecodeHeaderText("utf-8'ja'%e6%a4%9c"));
    EXPECT_EQ("\xC3\x84", DecodeHeaderText("iso-8859-1''%C4"));
    EXPECT_EQ("\xC3\x84", DecodeHeaderText("\xC3\x84"));
    EXPECT_EQ("\xC3\x84", DecodeHeaderText("\xC4"));
    EXPECT_EQ("it's 'so'", DecodeHeaderText("it's 'so'"));
  }

  TEST(FormData, FindsParts)
  {
    const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"Title\"\r\n\r\nReport\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.pdf\"\r\n"
      "Content-Type: Application/PDF\r\n\r\n%PDF\r\n--x\r\n\r\n--b--\r\n";
    const std::vector<FormPart> parts = ParseFormData(body, "b");
    ASSERT_EQ(2u, parts.size());
    EXPECT_EQ("Title", parts[0].name);
    EXPECT_EQ("Report", parts[0].content);
    EXPECT_EQ("r.pdf", parts[1].filename);
    EXPECT_EQ("application/pdf", parts[1].contentType);
    EXPECT_EQ("%PDF\r\n--x\r\n", parts[1].content);
  }

  TEST(FormData, RefusesWhatIsCut)
  {
    const std::string body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--";
    EXPECT_EQ(1u, ParseFormData(body, "b").size());
    for (std::size_t size = 0; size < body.size(); size++)
    {
      EXPECT_THROW(ParseFormData(body.substr(0, size), "b"), Failure) << size;
    }
    EXPECT_THROW(ParseFormData(body, ""), Failure);
    EXPECT_THROW(ParseFormData(body, "c"), Failure);
  }

  TEST(FormData, AcceptsEmptyParts)
  {
    const std::vector<FormPart> parts = ParseFormData("--b\r\n\r\n\r\n--b--", "b");
    ASSERT_EQ(1u, parts.size());
    EXPECT_EQ("", parts[0].content);
  }

  TEST(FormData, HeaderTextIsStrictUtf8)
  {
    // Overlong, a surrogate, beyond Unicode: each byte is a character of ISO 8859-1
    EXPECT_EQ("\xC3\xA0\xC2\x80\xC2\x80", DecodeHeaderText("\xE0\x80\x80"));
    EXPECT_EQ("\xC3\xAD\xC2\xA0\xC2\x80", DecodeHeaderText("\xED\xA0\x80"));
    EXPECT_EQ("\xC3\xB4\xC2\x90\xC2\x80\xC2\x80", DecodeHeaderText("\xF4\x90\x80\x80"));
    EXPECT_EQ("\xE0\xA0\x80", DecodeHeaderText("\xE0\xA0\x80"));
  }
} // namespace OrthancPlugins
