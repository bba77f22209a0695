// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/JobQuery.h"

#include "RestFixture.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    // 2023-11-14T22:13:20Z
    constexpr std::int64_t MOMENT = 1'700'000'000'000'000;

    std::optional<FailureKind> CatchFilter(const std::string& body, std::string* message = nullptr)
    {
      return CatchFailure([&] { ParseJobFilter(body); }, message);
    }
  } // namespace

  TEST(JobQuery, NamesOfStates)
  {
    for (const JobState state : {JobState::Pending, JobState::Running, JobState::Paused,
                                 JobState::Retry, JobState::Success, JobState::Failure})
    {
      EXPECT_EQ(state, ParseState(GetStateName(state)));
    }
    EXPECT_EQ(JobState::Running, ParseState("rUNNING"));
    EXPECT_FALSE(ParseState("").has_value());
    EXPECT_FALSE(ParseState("Run").has_value());
  }

  TEST(JobQuery, RequestsWithoutArgumentsAreNone)
  {
    EXPECT_FALSE(ParseJobQuery(MakeGet({})).has_value());
    EXPECT_FALSE(ParseJobQuery(MakeGet({}, {{"expand", ""}, {"wait", "x"}})).has_value());
    EXPECT_TRUE(ParseJobQuery(MakeGet({}, {{"count", ""}}))->isCount);
  }

  TEST(JobQuery, EmptyFilterMatchesEverything)
  {
    EXPECT_TRUE(IsMatching(JobFilter(), "x", "Archive", JobState::Paused, MOMENT));
    EXPECT_TRUE(IsMatching(JobFilter(), "", "", JobState::Pending, 0));
  }

  TEST(JobQuery, EveryPartOfAFilterMustMatch)
  {
    JobFilter filter;
    filter.states = {JobState::Success, JobState::Failure};
    filter.types = {"Archive"};
    filter.ids = {"x", "y"};
    filter.sinceMicroseconds = MOMENT;
    filter.untilMicroseconds = MOMENT + 10;

    EXPECT_TRUE(IsMatching(filter, "x", "Archive", JobState::Success, MOMENT));
    EXPECT_TRUE(IsMatching(filter, "y", "Archive", JobState::Failure, MOMENT + 9));
    EXPECT_FALSE(IsMatching(filter, "z", "Archive", JobState::Success, MOMENT));
    EXPECT_FALSE(IsMatching(filter, "x", "archive", JobState::Success, MOMENT));
    EXPECT_FALSE(IsMatching(filter, "x", "Archive", JobState::Retry, MOMENT));
    EXPECT_FALSE(IsMatching(filter, "x", "Archive", JobState::Success, MOMENT - 1));
    EXPECT_FALSE(IsMatching(filter, "x", "Archive", JobState::Success, MOMENT + 10));
  }

  TEST(JobQuery, BodiesOfFilters)
  {
    const JobFilter filter = ParseJobFilter(
      "{\"State\": [\"Pending\", \"paused\"], \"Type\": \"Archive\", \"Ids\": [\"a\", \"b\"],"
      "\"Since\": \"2023-11-14T22:13:20Z\", \"Until\": \"20231114T221321\", \"All\": false}");

    EXPECT_EQ((std::vector<JobState>{JobState::Pending, JobState::Paused}), filter.states);
    EXPECT_EQ(std::vector<std::string>{"Archive"}, filter.types);
    EXPECT_EQ((std::vector<std::string>{"a", "b"}), filter.ids);
    EXPECT_EQ(MOMENT, filter.sinceMicroseconds);
    EXPECT_EQ(MOMENT + 1'000'000, filter.untilMicroseconds);

    EXPECT_TRUE(ParseJobFilter("{\"All\": true}").states.empty());
    EXPECT_EQ(std::vector<std::string>{"a"}, ParseJobFilter("{\"Ids\": \"a\"}").ids);
  }

  TEST(JobQuery, EmptyFiltersAreRefused)
  {
    for (const char* body : {"{}", "{\"All\": false}"})
    {
      std::string message;
      EXPECT_EQ(FailureKind::BadRequest, CatchFilter(body, &message)) << body;
      EXPECT_NE(std::string::npos, message.find("All")) << message;
    }
  }

  TEST(JobQuery, WrongFiltersNameTheField)
  {
    const struct
    {
      const char* body;
      FailureKind kind;
      const char* name;
    } ROWS[] = {
      {"{\"State\": 5}", FailureKind::BadFormat, "State"},
      {"{\"State\": []}", FailureKind::BadFormat, "State"},
      {"{\"State\": [5]}", FailureKind::BadFormat, "State"},
      {"{\"State\": \"Done\"}", FailureKind::OutOfRange, "State"},
      {"{\"State\": \"Pending,Running\"}", FailureKind::OutOfRange, "State"},
      {"{\"Type\": \"\"}", FailureKind::OutOfRange, "Type"},
      {"{\"Type\": {}}", FailureKind::BadFormat, "Type"},
      {"{\"Ids\": []}", FailureKind::BadFormat, "Ids"},
      {"{\"Ids\": null}", FailureKind::BadFormat, "Ids"},
      {"{\"Since\": 5}", FailureKind::BadFormat, "Since"},
      {"{\"Since\": \"x\"}", FailureKind::OutOfRange, "Since"},
      {"{\"Until\": \"2023-02-30\"}", FailureKind::OutOfRange, "Until"},
      {"{\"All\": 1}", FailureKind::BadFormat, "All"},
      {"{\"All\": true, \"Stat\": \"Failure\"}", FailureKind::BadFormat, "field"},
      {"{\"state\": \"Failure\"}", FailureKind::BadFormat, "field"},
    };

    for (const auto& row : ROWS)
    {
      std::string message;
      EXPECT_EQ(row.kind, CatchFilter(row.body, &message)) << row.body;
      EXPECT_NE(std::string::npos, message.find(row.name)) << message;
    }
  }

  TEST(JobQuery, WhatIsNoFilter)
  {
    const std::string deep = std::string(5000, '[');
    for (const std::string& body :
         {std::string(), std::string("[]"), std::string("5"), std::string("null"), std::string("{"),
          std::string("{\"All\": true} x"), deep})
    {
      EXPECT_EQ(FailureKind::BadFormat, CatchFilter(body)) << body.substr(0, 20);
    }
  }
} // namespace OrthancPlugins
