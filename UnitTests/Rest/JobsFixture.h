// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "RestFixture.h"

#include "../../Plugin/Rest/ArchiveHandlers.h"

#include <gtest/gtest.h>
#include <json/reader.h>
#include <json/value.h>

#include <sstream>
#include <string>

// What the tests of all handlers of jobs have in common
namespace OrthancPlugins
{
  constexpr const char* FOREIGN = "f0000000-0000-4000-8000-000000000000";
  constexpr const char* UNKNOWN = "e0000000-0000-4000-8000-000000000000";

  constexpr const char* EXECUTOR = "d0000000-0000-4000-8000-000000000000";

  constexpr HostVersion VERSIONS[] = {HOST_A, HOST_B, HOST_C};

  inline Json::Value Parse(const std::string& text)
  {
    Json::Value value;
    std::istringstream(text) >> value;
    return value;
  }

  // One asynchronous archive of a small series, submitted but not run. Returns the job's ID
  inline std::string Submit(RestFixture& fixture, const std::string& extraFields = "")
  {
    if (fixture.store.patients.empty())
    {
      fixture.store.AddSeries("patient", "study", "series", {MakeNoise(5000, 1)});
    }
    const std::string body = "{\"Asynchronous\": true" + extraFields + "}";
    RecordingAnswer answer;
    PostStudyZip(fixture.services, MakePost({"study"}, body), answer);
    return Parse(answer.body)["ID"].asString();
  }

  inline std::string SubmitAndRun(RestFixture& fixture, const std::string& extraFields = "")
  {
    const std::string jobId = Submit(fixture, extraFields);
    EXPECT_EQ(JobStep::Success, fixture.jobs.Run(fixture.jobs.GetCount() - 1));
    return jobId;
  }

  inline std::string MakeHostJob(const std::string& id,
                                 const std::string& state,
                                 int errorCode,
                                 const std::string& content)
  {
    return "{\n   \"Content\" : " + content + ",\n   \"ErrorCode\" : " + std::to_string(errorCode) +
           ",\n   \"ID\" : \"" + id + "\",\n   \"State\" : \"" + state +
           "\",\n   \"Type\" : \"Archive\"\n}";
  }

  inline void SetHostJob(RestFixture& fixture,
                         const std::string& id,
                         const std::string& state,
                         int errorCode = 0,
                         const std::string& content = "{}")
  {
    fixture.host.routes["GET /jobs/" + id] =
      FakeHostRest::MakeJson(MakeHostJob(id, state, errorCode, content));
  }

  // The empty 404 and 400 of the host, as its versions report them to plugins
  inline HostAnswer MakeEmpty(const HostVersion& version, unsigned status)
  {
    return version.IsAtLeast(1, 12, 8) ? FakeHostRest::MakeStatus(status)
                                       : FakeHostRest::MakeError(status == 404 ? 17 : 8, status);
  }

  inline ArchiveState GetState(const RestFixture& fixture, const std::string& jobId)
  {
    return fixture.spool.Find(fixture.spool.FindByJob(jobId).value()).value().state;
  }

  inline void ExpectEmptyStatus(unsigned status, const RecordingAnswer& answer)
  {
    EXPECT_EQ(RecordingAnswer::Kind::EmptyStatus, answer.kind);
    EXPECT_EQ(status, answer.status);
    EXPECT_TRUE(answer.headers.empty());
  }

  inline void ExpectDone(const RecordingAnswer& answer)
  {
    EXPECT_EQ(RecordingAnswer::Kind::Buffer, answer.kind);
    EXPECT_EQ("{}", answer.body);
    EXPECT_EQ("application/json", answer.mime);
  }

  inline void ExpectErased(const RecordingAnswer& answer)
  {
    EXPECT_EQ(RecordingAnswer::Kind::Buffer, answer.kind);
    EXPECT_EQ("", answer.body);
    EXPECT_EQ("text/plain", answer.mime);
  }
} // namespace OrthancPlugins
