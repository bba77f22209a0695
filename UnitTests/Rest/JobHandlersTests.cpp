// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/JobHandlers.h"

#include "../../Plugin/Core/Jobs/ArchiveContent.h"
#include "../../Plugin/Rest/JobOutputHandlers.h"

#include "JobsFixture.h"

#include <boost/thread/thread.hpp>

#include <algorithm>
#include <set>

namespace OrthancPlugins
{
  namespace
  {
    void SetHostList(RestFixture& fixture, const std::string& json)
    {
      fixture.host.routes["GET /jobs?expand"] = FakeHostRest::MakeJson(json);
    }

    std::string MakeForeign(const std::string& id,
                            const std::string& type,
                            const std::string& state,
                            const std::string& created)
    {
      return "{\"ID\": \"" + id + "\", \"Type\": \"" + type + "\", \"State\": \"" + state +
             "\", \"CreationTime\": \"" + created + "\", \"Content\": {}}";
    }

    using Arguments = std::vector<std::pair<std::string, std::string>>;

    std::vector<std::string> ListIds(RestFixture& fixture,
                                     const Arguments& arguments,
                                     const std::optional<std::string>& user = std::nullopt)
    {
      HttpRequest request = MakeGet({}, arguments);
      request.user = user;
      RecordingAnswer answer;
      GetJobs(fixture.services, request, answer);
      std::vector<std::string> ids;
      for (const Json::Value& item : Parse(answer.body))
      {
        ids.push_back(item.isObject() ? item["ID"].asString() : item.asString());
      }
      return ids;
    }

    Settings MakeOwnOnly()
    {
      Settings settings;
      settings.jobs.isOwnOnly = true;
      settings.jobs.administrators = {"root"};
      return settings;
    }

    std::string SubmitAs(RestFixture& fixture, const std::string& user)
    {
      if (fixture.store.patients.empty())
      {
        fixture.store.AddSeries("patient", "study", "series", {MakeNoise(5000, 1)});
      }
      HttpRequest request = MakePost({"study"}, "{\"Asynchronous\": true, \"Reuse\": false}");
      request.user = user;
      RecordingAnswer answer;
      PostStudyZip(fixture.services, request, answer);
      return Parse(answer.body)["ID"].asString();
    }

    /**
     * The host's answers about one job, one after the other; each but the last is followed by an event.
     **/
    class ScriptedHost final : public IHostRest
    {
    public:
      ScriptedHost(JobMonitor& monitor, std::vector<HostAnswer> answers)
        : monitor_(monitor),
          answers_(std::move(answers))
      {
      }

      HostAnswer Call(HttpMethod, const std::string&, std::string_view) override
      {
        const std::size_t index = std::min(callsCount_, answers_.size() - 1);
        callsCount_++;
        if (index + 1 < answers_.size())
        {
          monitor_.ReportForeign(FOREIGN);
        }
        return answers_[index];
      }

      std::size_t GetCallsCount() const { return callsCount_; }

    private:
      JobMonitor& monitor_;
      std::vector<HostAnswer> answers_;
      std::size_t callsCount_ = 0;
    };

    Services WithHost(const RestFixture& fixture, IHostRest& host)
    {
      const Services& all = fixture.services;
      return Services{all.settings,   all.version, all.clock,      all.store,      host,
                      all.planner,    all.spool,   all.jobs,       all.jobFactory, all.monitor,
                      all.controller, all.streams, all.crcs,       all.notifier,   all.metrics,
                      all.exporter,   all.numbers, all.newStudies, all.dictionary, all.pages,
                      all.appFiles};
    }
  } // namespace

  // ---- GET /jobs

  TEST(JobHandlers, ListHasOurStreamsAndJobs)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string jobId = Submit(fixture);
      SetHostList(fixture, "[" + MakeForeign("ffffffff-f", "Modify", "Running", "") + "," +
                             MakeHostJob(jobId, "Pending", 0, "{}") + "]");
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
      RecordingAnswer answer;

      GetJobs(fixture.services, MakeGet({}), answer);

      EXPECT_EQ(RecordingAnswer::Kind::Json, answer.kind);
      std::vector<std::string> expected = {"ffffffff-f", jobId, ticket->GetId()};
      std::sort(expected.begin(), expected.end());
      std::string text = "[\n";
      for (const std::string& id : expected)
      {
        text += "   \"" + id + (id == expected.back() ? "\"\n]" : "\",\n");
      }
      EXPECT_EQ(text, answer.body);
    }
  }

  TEST(JobHandlers, EmptyListIsOne)
  {
    RestFixture fixture(HOST_C);
    SetHostList(fixture, "[]");
    RecordingAnswer answer;

    GetJobs(fixture.services, MakeGet({}), answer);

    EXPECT_EQ("[]", answer.body);
  }

  TEST(JobHandlers, ExpandIsReadAsTheHostsVersionDoes)
  {
    const struct
    {
      HostVersion version;
      const char* text; // null: no such argument
      bool isExpanded;
    } ROWS[] = {
      {HOST_A, nullptr, false}, {HOST_A, "", true},       {HOST_A, "false", true},
      {HOST_A, "0", true},      {HOST_A, "junk", true},   {HOST_B, nullptr, false},
      {HOST_B, "", true},       {HOST_B, "true", true},   {HOST_B, "1", true},
      {HOST_B, "false", false}, {HOST_B, "0", false},     {HOST_C, nullptr, false},
      {HOST_C, "", true},       {HOST_C, "false", false}, {HOST_C, "0", false},
    };

    for (const auto& row : ROWS)
    {
      RestFixture fixture(row.version);
      SetHostList(fixture, "[{\"ID\": \"x\"}]");
      RecordingAnswer answer;

      GetJobs(fixture.services,
              row.text == nullptr ? MakeGet({}) : MakeGet({}, {{"expand", row.text}}), answer);

      EXPECT_EQ(row.isExpanded, Parse(answer.body)[0].isObject());
    }
    for (const char* text : {"yes", "True", "2", " true"})
    {
      for (const HostVersion& version : {HOST_B, HOST_C})
      {
        RestFixture fixture(version);
        RecordingAnswer answer;
        EXPECT_EQ(FailureKind::OutOfRange,
                  CatchFailure(
                    [&] {
                      GetJobs(fixture.services, MakeGet({}, {{"expand", text}}), answer);
                    }));
      }
    }
  }

  TEST(JobHandlers, ExpandedListShowsOurJobsAndLeavesTheOthers)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture, ", \"UserData\": 5");
    const std::string foreign =
      "{ \"ID\": \"f\", \"Type\": \"Store\", \"State\": \"Failure\", \"ErrorCode\": 9,"
      "\"EffectiveRuntime\": 0.123, \"Content\": {\"ErrorCode\": 5, \"UserData\": 1,"
      "\"Text\": \"\\u00e9\"} }";
    SetHostList(fixture, "[" + foreign + "," + MakeHostJob(jobId, "Pending", 1, "{}") + "]");
    RecordingAnswer answer;

    GetJobs(fixture.services, MakeGet({}, {{"expand", ""}}), answer);

    const Json::Value list = Parse(answer.body);
    ASSERT_EQ(2u, list.size());
    EXPECT_EQ(jobId, list[0]["ID"].asString());
    EXPECT_EQ(0, list[0]["ErrorCode"].asInt());
    EXPECT_EQ(5, list[0]["UserData"].asInt());
    EXPECT_EQ(1, list[0]["Content"]["ResourcesCount"].asInt());
    EXPECT_EQ(Parse(foreign), list[1]);
    EXPECT_EQ(0u, answer.body.find("[\n   {\n      \"Content\" : ")) << answer.body;
  }

  TEST(JobHandlers, ExecutorsAndJobsOfForgottenArchivesAreHidden)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    fixture.spool.LinkJob(EXECUTOR, *fixture.spool.FindByJob(jobId), JobRole::Executor);
    SetHostList(fixture,
                "[" + MakeHostJob(EXECUTOR, "Pending", 0, "{}") + "," +
                  MakeHostJob("forgotten", "Success", 0, "{\"ArchiveId\": \"gone\"}") + "," +
                  MakeHostJob("theirs", "Success", 0, "{\"Description\": \"REST API\"}") + "]");

    EXPECT_EQ((std::vector<std::string>{jobId, "theirs"}), ListIds(fixture, {}));
  }

  TEST(JobHandlers, EndedJobsAreListedAsLongAsTheHostWould)
  {
    for (const unsigned historySize : {0u, 2u})
    {
      Settings settings;
      settings.host.jobsHistorySize = historySize;
      settings.jobs.isReused = false;
      RestFixture fixture(HOST_C, settings);
      SetHostList(fixture, "[]");
      std::vector<std::string> ended;
      for (int i = 0; i < 4; i++)
      {
        ended.push_back(SubmitAndRun(fixture));
        fixture.clock.Advance(1'000'000);
      }
      const std::string waiting = Submit(fixture);

      std::vector<std::string> expected(ended.end() - historySize, ended.end());
      expected.push_back(waiting);
      EXPECT_EQ(expected, ListIds(fixture, {}));

      for (const std::string& id : ended)
      {
        RecordingAnswer answer;
        GetJob(fixture.services, MakeGet({id}), answer);
        EXPECT_EQ("Success", Parse(answer.body)["State"].asString());
      }
    }
  }

  TEST(JobHandlers, FailureOfTheHostIsNoEmptyList)
  {
    RestFixture fixture(HOST_C);
    RecordingAnswer answer;

    fixture.host.routes["GET /jobs?expand"] = FakeHostRest::MakeError(11, 500);
    EXPECT_EQ(FailureKind::Internal,
              CatchFailure([&] { GetJobs(fixture.services, MakeGet({}), answer); }));
    for (const char* text : {"", "{}", "nonsense", "[", "5"})
    {
      SetHostList(fixture, text);
      EXPECT_EQ(FailureKind::Internal,
                CatchFailure([&] { GetJobs(fixture.services, MakeGet({}), answer); }))
        << text;
    }
    fixture.host.routes["GET /jobs?expand"] = FakeHostRest::MakeStatus(503);
    GetJobs(fixture.services, MakeGet({}), answer);

    ExpectEmptyStatus(503, answer);
  }

  // The clock starts at 2023-11-14T22:13:20Z
  TEST(JobHandlers, FiltersSeeTheWholeHistory)
  {
    Settings settings;
    settings.host.jobsHistorySize = 0;
    settings.jobs.isReused = false;
    RestFixture fixture(HOST_C, settings);
    const std::string a = SubmitAndRun(fixture);
    fixture.clock.Advance(10'000'000);
    const std::string b = SubmitAndRun(fixture);
    fixture.clock.Advance(10'000'000);
    const std::string c = Submit(fixture);
    SetHostList(fixture, "[" + MakeForeign("f1", "Store", "Running", "20231114T221325.000000") +
                           "," + MakeForeign("f2", "Modify", "Failure", "20231114T221400.5") + "]");
    using List = std::vector<std::string>;
    const struct
    {
      Arguments arguments;
      List expected;
    } ROWS[] = {
      {{{"order", "asc"}}, {a, "f1", b, c, "f2"}},
      {{{"order", "desc"}}, {"f2", c, b, "f1", a}},
      {{{"state", "Success"}}, {a, b}},
      {{{"state", "success"}}, {a, b}},
      {{{"state", "Running,Pending"}}, {"f1", c}},
      {{{"state", "Paused"}}, {}},
      {{{"type", "Archive"}}, {a, b, c}},
      {{{"type", "Store,Modify"}}, {"f1", "f2"}},
      {{{"type", "Nothing"}}, {}},
      {{{"since", "2023-11-14T22:13:25Z"}}, {"f1", b, c, "f2"}},
      {{{"since", "20231114T221325.000001"}}, {b, c, "f2"}},
      {{{"until", "2023-11-14T22:13:25Z"}}, {a}},
      {{{"until", "2023-11-14T23:13:25.000001+01:00"}}, {a, "f1"}},
      {{{"since", "2023-11-15"}}, {}},
      {{{"limit", "2"}}, {a, "f1"}},
      {{{"limit", "0"}}, {}},
      {{{"offset", "3"}}, {c, "f2"}},
      {{{"offset", "3"}, {"limit", "1"}, {"order", "desc"}}, {"f1"}},
      {{{"offset", "99"}}, {}},
      {{{"offset", "18446744073709551615"}, {"limit", "18446744073709551615"}}, {}},
      {{{"state", "Success"}, {"since", "2023-11-14T22:13:25Z"}}, {b}},
      {{{"state", "Success"}, {"expand", ""}}, {a, b}},
      {{{"count", "false"}}, {a, "f1", b, c, "f2"}},
    };

    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.expected, ListIds(fixture, row.arguments)) << row.arguments[0].second;
    }
    RecordingAnswer count;
    GetJobs(fixture.services, MakeGet({}, {{"count", ""}, {"state", "Success"}, {"limit", "1"}}),
            count);
    EXPECT_EQ(2, Parse(count.body)["Count"].asInt());
  }

  TEST(JobHandlers, WrongFiltersNameTheArgument)
  {
    RestFixture fixture(HOST_C);
    for (const auto& [name, text] : Arguments{{"state", ""},
                                              {"state", "Done"},
                                              {"state", "Success,"},
                                              {"type", ""},
                                              {"type", "Archive,,Store"},
                                              {"since", ""},
                                              {"since", "yesterday"},
                                              {"until", "2023-02-30"},
                                              {"until", "1700000000"},
                                              {"limit", ""},
                                              {"limit", "-1"},
                                              {"limit", "1.5"},
                                              {"offset", "x"},
                                              {"order", "up"},
                                              {"order", ""},
                                              {"count", "maybe"}})
    {
      RecordingAnswer answer;
      std::string message;
      EXPECT_EQ(FailureKind::OutOfRange,
                CatchFailure(
                  [&, name = name, text = text] {
                    GetJobs(fixture.services, MakeGet({}, {{name, text}}), answer);
                  },
                  &message))
        << name << text;
      EXPECT_NE(std::string::npos, message.find("\"" + name + "\"")) << message;
      EXPECT_EQ(RecordingAnswer::Kind::None, answer.kind);
    }
    EXPECT_TRUE(fixture.host.calls.empty());
  }

  // ---- Who sees what

  TEST(JobHandlers, UsersSeeTheirOwnJobsOnly)
  {
    RestFixture fixture(HOST_C, MakeOwnOnly());
    const std::string alices = SubmitAs(fixture, "alice");
    const std::string bobs = SubmitAs(fixture, "bob");
    const std::string nobodys = SubmitAs(fixture, "");
    const auto stream = fixture.streams.Begin(ArchiveRequest(), 1, 1, "alice");
    SetHostList(fixture, "[" + MakeForeign(FOREIGN, "Store", "Running", "") + "]");
    SetHostJob(fixture, FOREIGN, "Running");
    const std::vector<std::string> all = {alices, bobs, nobodys, stream->GetId(), FOREIGN};
    const struct
    {
      std::optional<std::string> user;
      std::set<std::string> seen;
    } ROWS[] = {
      {"alice", {alices, stream->GetId()}},
      {"bob", {bobs}},
      {"eve", {}},
      {"", {}},
      {std::nullopt, {}},
      {"root", {all.begin(), all.end()}},
    };

    for (const auto& row : ROWS)
    {
      const std::vector<std::string> listed = ListIds(fixture, {}, row.user);
      EXPECT_EQ(row.seen, std::set<std::string>(listed.begin(), listed.end()));
      for (const std::string& id : all)
      {
        const bool isSeen = row.seen.count(id) != 0;
        HttpRequest get = MakeGet({id});
        get.user = row.user;
        RecordingAnswer one;
        GetJob(fixture.services, get, one);
        EXPECT_EQ(isSeen ? 200u : 404u, one.status);
        if (isSeen)
        {
          continue;
        }
        ExpectEmptyStatus(404, one);
        HttpRequest post = MakePost({id, "cancel"}, "");
        post.user = row.user;
        RecordingAnswer verb;
        PostJobVerb(fixture.services, post, verb);
        ExpectEmptyStatus(400, verb);
        HttpRequest erase = MakeDelete({id});
        erase.user = row.user;
        HttpRequest put = MakePost({id, "priority"}, "5");
        put.user = row.user;
        RecordingAnswer other;
        EXPECT_EQ(FailureKind::NotFound,
                  CatchFailure([&] { EraseJob(fixture.services, erase, other); }));
        EXPECT_EQ(FailureKind::NotFound,
                  CatchFailure([&] { PutJobPriority(fixture.services, put, other); }));
      }
    }
  }

  // ---- GET /jobs/{id}

  TEST(JobHandlers, ForeignJobIsLeftAsItIs)
  {
    RestFixture fixture(HOST_C);
    fixture.host.routes["GET /jobs/" + std::string(FOREIGN)] =
      FakeHostRest::MakeJson("{ any bytes of the host }");
    RecordingAnswer answer;

    GetJob(fixture.services, MakeGet({FOREIGN}), answer);

    EXPECT_EQ(200u, answer.status);
    EXPECT_EQ("{ any bytes of the host }", answer.body);
    EXPECT_EQ("application/json; charset=utf-8", answer.mime);
  }

  TEST(JobHandlers, OurFailedJobTellsWhy)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string jobId = Submit(fixture, ", \"UserData\": {\"k\": \"v\"}");
      fixture.store.unreadable = {"series-0000"};
      EXPECT_EQ(JobStep::Failure, fixture.jobs.Run(0));
      RecordingAnswer answer;

      GetJob(fixture.services, MakeGet({jobId}), answer);

      const Json::Value job = Parse(answer.body);
      EXPECT_EQ("Failure", job["State"].asString());
      EXPECT_EQ(GetJobErrorCode(FailureKind::SourceMissing), job["ErrorCode"].asInt());
      EXPECT_NE(std::string::npos, job["ErrorDetails"].asString().find("series-0000"));
      EXPECT_EQ("v", job["UserData"]["k"].asString());
      EXPECT_TRUE(fixture.host.calls.empty());
    }
  }

  TEST(JobHandlers, ExecutorShowsThePublicJob)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    fixture.spool.LinkJob(EXECUTOR, *fixture.spool.FindByJob(jobId), JobRole::Executor);
    RecordingAnswer answer;

    GetJob(fixture.services, MakeGet({EXECUTOR}), answer);

    EXPECT_EQ(jobId, Parse(answer.body)["ID"].asString());
  }

  TEST(JobHandlers, JobOfTheHostWhoseArchiveIsForgottenIsUnknown)
  {
    RestFixture fixture(HOST_C);
    SetHostJob(fixture, FOREIGN, "Success", 0, "{\"ArchiveId\": \"gone\"}");
    RecordingAnswer answer;

    GetJob(fixture.services, MakeGet({FOREIGN}), answer);

    ExpectEmptyStatus(404, answer);
  }

  TEST(JobHandlers, StreamIsShownWithoutTheHost)
  {
    RestFixture fixture(HOST_B);
    const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
    RecordingAnswer answer;

    GetJob(fixture.services, MakeGet({ticket->GetId()}), answer);

    EXPECT_EQ(RecordingAnswer::Kind::Json, answer.kind);
    EXPECT_EQ("Pending", Parse(answer.body)["State"].asString());
    EXPECT_TRUE(fixture.host.calls.empty());
  }

  TEST(JobHandlers, UnknownJobIsAnEmpty404)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      fixture.host.routes["GET /jobs/" + std::string(UNKNOWN)] = MakeEmpty(version, 404);
      RecordingAnswer answer;

      GetJob(fixture.services, MakeGet({UNKNOWN}), answer);

      ExpectEmptyStatus(404, answer);
    }
  }

  TEST(JobHandlers, StrangeIdentifiersNeverReachTheHost)
  {
    for (const char* id : {"?expand", "a/b", "a%2Fb", "..", "a b", "a#b", "", "a?b", "\xC3\xA9"})
    {
      RestFixture fixture(HOST_C);
      RecordingAnswer get;
      RecordingAnswer post;
      RecordingAnswer other;

      GetJob(fixture.services, MakeGet({id}), get);
      PostJobVerb(fixture.services, MakePost({id, "cancel"}, ""), post);

      ExpectEmptyStatus(404, get);
      ExpectEmptyStatus(400, post);
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { EraseJob(fixture.services, MakeDelete({id}), other); }));
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure(
                  [&] {
                    GetJobOutput(fixture.services, MakeGet({id, "archive"}), other);
                  }));
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure(
                  [&] {
                    GetJobOutput(fixture.services, MakeGet({FOREIGN, id}), other);
                  }));
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure(
                  [&] {
                    EraseJobOutput(fixture.services, MakeDelete({FOREIGN, id}), other);
                  }));
      EXPECT_TRUE(fixture.host.calls.empty()) << id;
    }
  }

  // ---- GET /jobs/{id}?wait=

  TEST(JobHandlers, WaitsUntilOurJobEnds)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    RecordingAnswer answer;
    boost::thread worker([&] { fixture.jobs.Run(0); });

    GetJob(fixture.services, MakeGet({jobId}, {{"wait", "60"}}), answer);
    worker.join();

    EXPECT_EQ("Success", Parse(answer.body)["State"].asString());
  }

  TEST(JobHandlers, WaitsUntilAStreamEnds)
  {
    RestFixture fixture(HOST_C);
    const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
    RecordingAnswer answer;
    boost::thread worker([&] { ticket->FinishSuccess(ArchiveReport()); });

    GetJob(fixture.services, MakeGet({ticket->GetId()}, {{"wait", "60"}}), answer);
    worker.join();

    EXPECT_EQ("Success", Parse(answer.body)["State"].asString());
  }

  TEST(JobHandlers, WaitsUntilAForeignJobEnds)
  {
    RestFixture fixture(HOST_C);
    const HostAnswer running = FakeHostRest::MakeJson(MakeHostJob(FOREIGN, "Running", 0, "{}"));
    ScriptedHost host(fixture.monitor,
                      {running, running, running,
                       FakeHostRest::MakeJson(MakeHostJob(FOREIGN, "Failure", 9, "{}"))});
    RecordingAnswer answer;

    GetJob(WithHost(fixture, host), MakeGet({FOREIGN}, {{"wait", "60"}}), answer);

    EXPECT_EQ("Failure", Parse(answer.body)["State"].asString());
    EXPECT_EQ(4u, host.GetCallsCount());
  }

  TEST(JobHandlers, ForeignJobThatVanishesEndsTheWait)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const HostAnswer running = FakeHostRest::MakeJson(MakeHostJob(FOREIGN, "Running", 0, "{}"));
      ScriptedHost host(fixture.monitor, {running, running, MakeEmpty(version, 404)});
      RecordingAnswer answer;

      GetJob(WithHost(fixture, host), MakeGet({FOREIGN}, {{"wait", "60"}}), answer);

      ExpectEmptyStatus(404, answer);
    }
  }

  TEST(JobHandlers, WaitIsOverInTime)
  {
    Settings settings;
    settings.jobs.maxWaitSeconds = 1;
    RestFixture fixture(HOST_C, settings);
    const std::string jobId = Submit(fixture);
    for (const char* seconds : {"0", "18446744073709551615"})
    {
      RecordingAnswer answer;

      GetJob(fixture.services, MakeGet({jobId}, {{"wait", seconds}}), answer);

      EXPECT_EQ("Pending", Parse(answer.body)["State"].asString());
    }
  }

  TEST(JobHandlers, NobodyWaitsForWhatHasEndedOrDoesNotExist)
  {
    Settings settings;
    settings.jobs.maxWaiters = 0;
    RestFixture fixture(HOST_C, settings);
    const std::string ended = SubmitAndRun(fixture);
    const std::string waiting = Submit(fixture, ", \"Reuse\": false");
    SetHostJob(fixture, FOREIGN, "Success");
    for (const std::string& id : {ended, std::string(FOREIGN)})
    {
      RecordingAnswer answer;
      GetJob(fixture.services, MakeGet({id}, {{"wait", "60"}}), answer);
      EXPECT_EQ(200u, answer.status);
    }
    RecordingAnswer unknown;
    GetJob(fixture.services, MakeGet({UNKNOWN}, {{"wait", "60"}}), unknown);
    ExpectEmptyStatus(404, unknown);

    RecordingAnswer refused;
    EXPECT_EQ(FailureKind::Unavailable,
              CatchFailure(
                [&] {
                  GetJob(fixture.services, MakeGet({waiting}, {{"wait", "60"}}), refused);
                }));
  }

  TEST(JobHandlers, WaitersLeaveAtShutdown)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    boost::thread worker([&] { fixture.monitor.Shutdown(); });
    RecordingAnswer answer;

    EXPECT_EQ(FailureKind::Unavailable,
              CatchFailure(
                [&] {
                  GetJob(fixture.services, MakeGet({jobId}, {{"wait", "60"}}), answer);
                }));
    worker.join();
  }

  TEST(JobHandlers, WrongTimesToWait)
  {
    for (const char* seconds : {"", "-1", "soon", "1.5"})
    {
      RestFixture fixture(HOST_C);
      RecordingAnswer answer;
      EXPECT_EQ(FailureKind::OutOfRange,
                CatchFailure(
                  [&] {
                    GetJob(fixture.services, MakeGet({UNKNOWN}, {{"wait", seconds}}), answer);
                  }));
    }
  }

  // ---- POST /jobs/{id}/{verb}

  TEST(JobHandlers, VerbsAreDelegated)
  {
    for (const HostVersion& version : VERSIONS)
    {
      for (const std::string verb : {"cancel", "pause", "resume", "resubmit"})
      {
        RestFixture fixture(version);
        const std::string path = "/jobs/" + std::string(FOREIGN) + "/" + verb;
        HostAnswer done = FakeHostRest::MakeJson("{}");
        done.headers["content-type"] = "application/json";
        fixture.host.routes["POST " + path] = done;
        RecordingAnswer answer;

        PostJobVerb(fixture.services, MakePost({FOREIGN, verb}, "ignored"), answer);

        ExpectDone(answer);
        EXPECT_EQ(std::vector<std::string>{"POST " + path}, fixture.host.calls);
      }
    }
  }

  TEST(JobHandlers, RefusedVerbsAreAnEmpty400)
  {
    for (const HostVersion& version : VERSIONS)
    {
      for (const std::string verb : {"cancel", "pause", "resume", "resubmit"})
      {
        for (const HostAnswer& refusal :
             {MakeEmpty(version, 400), MakeEmpty(version, 404), FakeHostRest::MakeStatus(400)})
        {
          RestFixture fixture(version);
          fixture.host.routes["POST /jobs/" + std::string(UNKNOWN) + "/" + verb] = refusal;
          RecordingAnswer answer;

          PostJobVerb(fixture.services, MakePost({UNKNOWN, verb}, ""), answer);

          ExpectEmptyStatus(400, answer);
        }
      }
    }
  }

  TEST(JobHandlers, ErrorsOfTheHostStayErrors)
  {
    RestFixture fixture(HOST_C);
    fixture.host.routes["POST /jobs/" + std::string(FOREIGN) + "/resubmit"] =
      FakeHostRest::MakeError(6, 500);
    RecordingAnswer answer;

    EXPECT_EQ(FailureKind::Internal,
              CatchFailure(
                [&] {
                  PostJobVerb(fixture.services, MakePost({FOREIGN, "resubmit"}, ""), answer);
                }));
    EXPECT_EQ(RecordingAnswer::Kind::None, answer.kind);
  }

  TEST(JobHandlers, OtherVerbsAreNotAllowed)
  {
    for (const HostVersion& version : VERSIONS)
    {
      for (const char* verb : {"archive", "Cancel", "stop", "", "cancel "})
      {
        RestFixture fixture(version);
        RecordingAnswer answer;

        PostJobVerb(fixture.services, MakePost({FOREIGN, verb}, ""), answer);

        EXPECT_EQ(RecordingAnswer::Kind::NotAllowed, answer.kind);
        EXPECT_EQ(version.IsAtLeast(1, 12, 1) ? "GET,DELETE" : "GET", answer.allowed);
        EXPECT_TRUE(fixture.host.calls.empty());
      }
    }
  }

  TEST(JobHandlers, VerbsOfOurJobs)
  {
    const struct
    {
      const char* verb;
      bool hasEnded;
      bool isDone;
      JobState after;
    } ROWS[] = {
      {"cancel", false, true, JobState::Failure},    {"cancel", true, true, JobState::Success},
      {"pause", false, true, JobState::Paused},      {"pause", true, true, JobState::Success},
      {"resume", false, false, JobState::Pending},   {"resume", true, false, JobState::Success},
      {"resubmit", false, false, JobState::Pending}, {"resubmit", true, false, JobState::Success},
    };

    for (const auto& row : ROWS)
    {
      RestFixture fixture(HOST_C);
      const std::string jobId = row.hasEnded ? SubmitAndRun(fixture) : Submit(fixture);
      RecordingAnswer answer;

      PostJobVerb(fixture.services, MakePost({jobId, row.verb}, ""), answer);

      if (row.isDone)
      {
        ExpectDone(answer);
      }
      else
      {
        ExpectEmptyStatus(400, answer);
      }
      EXPECT_EQ(row.after, fixture.controller.Describe(*fixture.spool.FindByJob(jobId))->state);
      EXPECT_TRUE(fixture.host.calls.empty());
    }
  }

  TEST(JobHandlers, CanceledJobIsSubmittedAgain)
  {
    RestFixture fixture(HOST_A);
    const std::string jobId = Submit(fixture);
    RecordingAnswer cancel;
    PostJobVerb(fixture.services, MakePost({jobId, "cancel"}, ""), cancel);
    EXPECT_EQ(ArchiveState::Failed, GetState(fixture, jobId));
    RecordingAnswer answer;

    PostJobVerb(fixture.services, MakePost({jobId, "resubmit"}, ""), answer);

    ExpectDone(answer);
    EXPECT_EQ(ArchiveState::Pending, GetState(fixture, jobId));
    fixture.jobs.RunAll();
    EXPECT_EQ(ArchiveState::Ready, GetState(fixture, jobId));
  }

  TEST(JobHandlers, VerbOnAForeignJobIsAnEvent)
  {
    RestFixture fixture(HOST_A);
    const std::uint64_t before = fixture.monitor.GetLastEventId();
    fixture.host.routes["POST /jobs/" + std::string(FOREIGN) + "/cancel"] =
      FakeHostRest::MakeJson("{}");
    fixture.host.routes["POST /jobs/" + std::string(UNKNOWN) + "/cancel"] =
      FakeHostRest::MakeStatus(400);
    RecordingAnswer answer;
    RecordingAnswer refused;

    PostJobVerb(fixture.services, MakePost({FOREIGN, "cancel"}, ""), answer);
    PostJobVerb(fixture.services, MakePost({UNKNOWN, "cancel"}, ""), refused);

    EXPECT_EQ(before + 1, fixture.monitor.GetLastEventId());
  }

  TEST(JobHandlers, VerbsOfStreams)
  {
    const struct
    {
      const char* verb;
      bool hasEnded;
      bool isDone;
    } ROWS[] = {
      {"cancel", false, true},    {"cancel", true, true},    {"pause", false, false},
      {"pause", true, true},      {"resume", false, false},  {"resume", true, false},
      {"resubmit", false, false}, {"resubmit", true, false},
    };

    for (const auto& row : ROWS)
    {
      RestFixture fixture(HOST_C);
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
      ticket->WaitForSlot();
      if (row.hasEnded)
      {
        ticket->FinishFailure(FailureKind::ClientGone, "gone");
      }
      RecordingAnswer answer;

      PostJobVerb(fixture.services, MakePost({ticket->GetId(), row.verb}, ""), answer);

      if (row.isDone)
      {
        ExpectDone(answer);
      }
      else
      {
        ExpectEmptyStatus(400, answer);
      }
      EXPECT_TRUE(fixture.host.calls.empty());
    }
  }

  TEST(JobHandlers, CancelEndsARunningStream)
  {
    RestFixture fixture(HOST_C);
    const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
    ticket->WaitForSlot();
    RecordingAnswer answer;

    PostJobVerb(fixture.services, MakePost({ticket->GetId(), "cancel"}, ""), answer);

    EXPECT_EQ(FailureKind::Canceled, CatchFailure([&] { ticket->Report(1, 1); }));
  }

  // ---- PUT /jobs/{id}/priority

  TEST(JobHandlers, PriorityOfAWaitingJobChanges)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    RecordingAnswer answer;

    PutJobPriority(fixture.services, MakePost({jobId, "priority"}, "-7"), answer);

    ExpectDone(answer);
    EXPECT_EQ(-7, fixture.controller.Describe(*fixture.spool.FindByJob(jobId))->priority);
    RecordingAnswer shown;
    GetJob(fixture.services, MakeGet({jobId}), shown);
    EXPECT_EQ(-7, Parse(shown.body)["Priority"].asInt());
    EXPECT_EQ(jobId, Parse(shown.body)["ID"].asString());
  }

  TEST(JobHandlers, WrongPrioritiesAreRefused)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    for (const char* body : {"", "five", "\"5\"", "5.0", "[5]", "{}", "null", "5 6", "true"})
    {
      RecordingAnswer answer;
      EXPECT_EQ(FailureKind::BadFormat,
                CatchFailure(
                  [&] {
                    PutJobPriority(fixture.services, MakePost({jobId, "priority"}, body), answer);
                  }))
        << body;
    }
    RecordingAnswer answer;
    EXPECT_EQ(
      FailureKind::BadType,
      CatchFailure(
        [&] {
          PutJobPriority(fixture.services, MakePost({jobId, "priority"}, "2147483648"), answer);
        }));
  }

  TEST(JobHandlers, PriorityOfWhatDoesNotWaitStays)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string ended = SubmitAndRun(fixture);
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
      SetHostJob(fixture, FOREIGN, "Pending");
      fixture.host.routes["GET /jobs/" + std::string(UNKNOWN)] = MakeEmpty(version, 404);
      const std::pair<std::string, FailureKind> ROWS[] = {
        {ended, FailureKind::Conflict},   {ticket->GetId(), FailureKind::Conflict},
        {FOREIGN, FailureKind::Conflict}, {UNKNOWN, FailureKind::NotFound},
        {"a/b", FailureKind::NotFound},
      };

      for (const auto& row : ROWS)
      {
        RecordingAnswer answer;
        EXPECT_EQ(
          row.second,
          CatchFailure(
            [&] {
              PutJobPriority(fixture.services, MakePost({row.first, "priority"}, "5"), answer);
            }))
          << row.first;
      }
    }
  }

  // ---- DELETE /jobs/{id}

  TEST(JobHandlers, ErasingAnEndedStreamForgetsIt)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
      const std::string id = ticket->GetId();
      RecordingAnswer answer;

      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { EraseJob(fixture.services, MakeDelete({id}), answer); }));
      ticket->FinishSuccess(ArchiveReport());
      EraseJob(fixture.services, MakeDelete({id}), answer);

      ExpectErased(answer);
      EXPECT_FALSE(fixture.streams.Find(id).has_value());
    }
  }

  TEST(JobHandlers, OldHostsCannotEraseTheirJobs)
  {
    RestFixture fixture(HOST_A);
    for (const char* id : {FOREIGN, "a/b"})
    {
      RecordingAnswer answer;

      EraseJob(fixture.services, MakeDelete({id}), answer);

      EXPECT_EQ(RecordingAnswer::Kind::NotAllowed, answer.kind);
      EXPECT_EQ("GET", answer.allowed);
    }
    EXPECT_TRUE(fixture.host.calls.empty());
  }

  TEST(JobHandlers, ErasingOurJobErasesItsArchive)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string jobId = SubmitAndRun(fixture);
      RecordingAnswer answer;

      EraseJob(fixture.services, MakeDelete({jobId}), answer);

      ExpectErased(answer);
      EXPECT_FALSE(fixture.spool.FindByJob(jobId).has_value());
      EXPECT_EQ(0u, fixture.CountFiles());
      // The host drops its part of it where it can
      EXPECT_EQ(version.IsAtLeast(1, 12, 2) ? std::vector<std::string>{"DELETE /jobs/" + jobId}
                                            : std::vector<std::string>(),
                fixture.host.calls);
    }
  }

  TEST(JobHandlers, JobThatHasNotEndedStays)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string jobId = Submit(fixture);
      RecordingAnswer answer;

      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { EraseJob(fixture.services, MakeDelete({jobId}), answer); }));

      EXPECT_EQ(ArchiveState::Pending, GetState(fixture, jobId));
    }
  }

  TEST(JobHandlers, ErasingAForeignJob)
  {
    for (const HostVersion& version : {HOST_B, HOST_C})
    {
      RestFixture fixture(version);
      HostAnswer done;
      done.status = 200;
      done.headers["content-type"] = "text/plain";
      fixture.host.routes["DELETE /jobs/" + std::string(FOREIGN)] = done;
      fixture.host.routes["DELETE /jobs/" + std::string(UNKNOWN)] = FakeHostRest::MakeError(7, 404);
      RecordingAnswer answer;
      RecordingAnswer other;

      EraseJob(fixture.services, MakeDelete({FOREIGN}), answer);

      ExpectErased(answer);
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { EraseJob(fixture.services, MakeDelete({UNKNOWN}), other); }));
    }
  }
} // namespace OrthancPlugins
