// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/JsonList.h"

#include "../Fakes/RecordingAnswer.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  TEST(JsonList, ShortListsAreOneBuffer)
  {
    RecordingAnswer empty;
    RecordingAnswer two;

    JsonList(empty).Send();
    JsonList list(two);
    list.Add("\"a\"");
    list.Add("{\n   \"b\" : 1\n}");
    list.Send();

    EXPECT_EQ(RecordingAnswer::Kind::Json, empty.kind);
    EXPECT_EQ("[]", empty.body);
    EXPECT_EQ(RecordingAnswer::Kind::Json, two.kind);
    EXPECT_EQ("[\n   \"a\",\n   {\n      \"b\" : 1\n   }\n]", two.body);
  }

  TEST(JsonList, LongListsAreTheSameBytes)
  {
    RecordingAnswer streamed;
    RecordingAnswer buffered;
    buffered.canStream = false;

    for (RecordingAnswer* answer : {&streamed, &buffered})
    {
      JsonList list(*answer);
      for (int i = 0; i < 5000; i++)
      {
        list.Add("\"" + std::string(1000, 'x') + std::to_string(i) + "\"");
      }
      list.Send();
    }

    EXPECT_EQ(RecordingAnswer::Kind::Stream, streamed.kind);
    EXPECT_TRUE(streamed.hasEnded);
    EXPECT_EQ("application/json; charset=utf-8", streamed.mime);
    EXPECT_EQ(RecordingAnswer::Kind::Json, buffered.kind);
    EXPECT_TRUE(streamed.body == buffered.body);
  }
} // namespace OrthancPlugins
