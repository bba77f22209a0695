// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Http/DataUri.h"

#include "../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    std::string Decode(const std::string& text, bool isJson = true)
    {
      const std::optional<DataUri> uri = ParseDataUri(text);
      return uri.has_value() ? DecodeDataUri(*uri, isJson) : "no data URI";
    }
  } // namespace

  TEST(DataUri, ReadsTypeAndParameters)
  {
    const std::optional<DataUri> uri =
      ParseDataUri("DATA:Application/PDF;name=r%20p.pdf;charset=binary;base64,JVBERi0=");
    ASSERT_TRUE(uri.has_value());
    EXPECT_EQ("application/pdf", uri->mime);
    EXPECT_EQ("r p.pdf", uri->name);
    EXPECT_TRUE(uri->isBase64);
    EXPECT_FALSE(ParseDataUri("JVBERi0=").has_value());
    EXPECT_FALSE(ParseDataUri("data:application/pdf").has_value());
    EXPECT_TRUE(ParseDataUri("data:application\\/pdf,x")->mime == "application/pdf");
  }

  TEST(DataUri, DecodesEveryFormOfBase64)
  {
    const std::string head = "data:;base64,";
    EXPECT_EQ("%PDF-", Decode(head + "JVBERi0="));
    EXPECT_EQ("%PDF-", Decode(head + "JVBERi0"));
    EXPECT_EQ("%PDF-", Decode(head + "JVB\nERi\r\n0= "));
    EXPECT_EQ("%PDF-", Decode(head + "JVB\\nERi\\r\\n0\\u003d"));
    EXPECT_EQ("\xFB\xEF\xFF", Decode(head + "--__"));
    EXPECT_EQ("\xFB\xEF\xFF", Decode(head + "++\\/\\/"));
    EXPECT_EQ("", Decode(head));
  }

  TEST(DataUri, SpaceAndEscapesMayBeAnywhereInBase64)
  {
    const std::string text = "AAEC/f7/EDFS8w9a"; // RFC 4648 4, without padding
    const std::string bytes("\x00\x01\x02\xFD\xFE\xFF\x10\x31\x52\xF3\x0F\x5A", 12);
    for (std::size_t i = 0; i <= text.size(); i++)
    {
      for (const char* space : {" ", "\r\n", "\\n", "\\u0020"})
      {
        const std::string split = text.substr(0, i) + space + text.substr(i);
        EXPECT_EQ(bytes, Decode("data:;base64," + split)) << split;
      }
      for (const char* bad : {"!", "\xFF", "\\u0000", "\\x"})
      {
        EXPECT_THROW(Decode("data:;base64," + text.substr(0, i) + bad + text.substr(i)), Failure);
      }
    }
    for (std::size_t i = 2; i <= text.size(); i++)
    {
      if (i % 4 != 1)
      {
        EXPECT_EQ(bytes.substr(0, i * 6 / 8), Decode("data:;base64," + text.substr(0, i)));
      }
    }
  }

  TEST(DataUri, RefusesWhatIsNoBase64)
  {
    for (const char* text : {"J", "JVBE=", "JVB!", "JVBERi0=J", "====", "JVBERi0=\\", "JV\\u12"})
    {
      EXPECT_THROW(Decode(std::string("data:;base64,") + text), Failure) << text;
    }
    EXPECT_THROW(Decode("data:;base64,JV\\n", false), Failure);
  }

  TEST(DataUri, DecodesPercentEncoding)
  {
    EXPECT_EQ("%PDF-\xFF+", Decode("data:application/pdf,%25PDF-%ff+"));
    EXPECT_EQ("a/b", Decode("data:,a\\/b"));
    EXPECT_THROW(Decode("data:,%2"), Failure);
    EXPECT_THROW(Decode("data:,%zz"), Failure);
  }
} // namespace OrthancPlugins
