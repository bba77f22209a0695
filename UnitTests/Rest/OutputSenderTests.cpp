// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/OutputSender.h"

#include "RestFixture.h"

#include <gtest/gtest.h>

#include <fstream>

namespace OrthancPlugins
{
  namespace
  {
    using Arguments = std::vector<std::pair<std::string, std::string>>;

    // Ten bytes
    class OutputSender : public ::testing::Test
    {
    protected:
      OutputSender()
      {
        const std::string path = (directory_.GetPath() / "file").string();
        std::ofstream(path, std::ios::binary) << "0123456789";
        file_ = std::make_unique<MappedFile>(path);
      }

      void Send(const Arguments& arguments)
      {
        SendZipFile(*file_, ParseFilePage(MakeGet({}, arguments)), "filename=\"a.zip\"",
                    "use pages", answer_);
      }

      TemporaryDirectory directory_;
      std::unique_ptr<MappedFile> file_;
      RecordingAnswer answer_;
    };
  } // namespace

  TEST_F(OutputSender, SendsTheWholeFile)
  {
    Send({});

    EXPECT_EQ(RecordingAnswer::Kind::File, answer_.kind);
    EXPECT_EQ("0123456789", answer_.body);
    EXPECT_EQ("application/zip", answer_.mime);
    EXPECT_EQ("filename=\"a.zip\"", answer_.headers["Content-Disposition"]);
  }

  TEST_F(OutputSender, SendsPages)
  {
    const struct
    {
      Arguments arguments;
      const char* body;
    } ROWS[] = {
      {{{"offset", "0"}}, "0123456789"},
      {{{"length", "3"}}, "012"},
      {{{"offset", "4"}}, "456789"},
      {{{"offset", "4"}, {"length", "2"}}, "45"},
      {{{"offset", "9"}, {"length", "1"}}, "9"},
      {{{"offset", "8"}, {"length", "1000"}}, "89"},
      {{{"offset", "1"}, {"length", "18446744073709551615"}}, "123456789"},
    };

    for (const auto& row : ROWS)
    {
      RecordingAnswer answer;
      SendZipFile(*file_, ParseFilePage(MakeGet({}, row.arguments)), "", "", answer);
      EXPECT_EQ(row.body, answer.body);
    }
  }

  TEST_F(OutputSender, RefusesWrongPages)
  {
    const struct
    {
      Arguments arguments;
      FailureKind kind;
    } ROWS[] = {
      {{{"offset", "10"}}, FailureKind::RangeInvalid},
      {{{"offset", "11"}, {"length", "1"}}, FailureKind::RangeInvalid},
      {{{"offset", "18446744073709551615"}, {"length", "2"}}, FailureKind::RangeInvalid},
      {{{"length", "0"}}, FailureKind::OutOfRange},
      {{{"offset", "2"}, {"length", "0"}}, FailureKind::OutOfRange},
      {{{"offset", "-1"}}, FailureKind::OutOfRange},
      {{{"offset", ""}}, FailureKind::OutOfRange},
      {{{"length", "1M"}}, FailureKind::OutOfRange},
      {{{"length", "18446744073709551616"}}, FailureKind::OutOfRange},
    };

    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.kind, CatchFailure([&] { Send(row.arguments); })) << row.arguments[0].second;
      EXPECT_EQ(RecordingAnswer::Kind::None, answer_.kind);
      EXPECT_TRUE(answer_.headers.empty());
    }
  }

  TEST_F(OutputSender, WhatTheHostCannotDeliverNamesTheWayOut)
  {
    answer_.maxFileBytes = 9;

    std::string message;
    EXPECT_EQ(FailureKind::TooLarge, CatchFailure([&] { Send({}); }, &message));
    EXPECT_EQ("use pages", message);
    EXPECT_TRUE(answer_.headers.empty());
    Send({{"length", "9"}});
    EXPECT_EQ("012345678", answer_.body);
  }
} // namespace OrthancPlugins
