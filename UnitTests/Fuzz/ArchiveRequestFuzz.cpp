// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Archive/Utf8Text.h"
#include "../../Plugin/Core/Spool/ArchiveRecordJson.h"
#include "../../Plugin/Rest/ArchiveRequestParser.h"
#include "../../Plugin/Rest/JobQuery.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    constexpr HostVersion VERSIONS[] = {{1, 10, 1}, {1, 12, 7}, {1, 13, 0}};

    // "name=value" a line, percent-decoding is the host's
    void ReadArguments(HttpRequest& request, FuzzInput& input)
    {
      while (!input.IsEmpty() && request.arguments.size() < 50)
      {
        const std::string line = input.TakeLine();
        const std::size_t equals = line.find('=');
        request.arguments.emplace_back(line.substr(0, equals),
                                       equals == std::string::npos ? "" : line.substr(equals + 1));
      }
    }

    void CheckRequest(const ParsedRequest& parsed)
    {
      const ArchiveRequest& request = parsed.archive;
      Require(!request.filename.empty(), "an archive has a name");
      Require(!request.level.has_value() || request.resources.size() == 1,
              "one resource of a level");
      Require(request.isEncrypted == !parsed.password.empty(), "encrypted means with password");

      // Whatever is accepted survives a restart
      ArchiveRecord record;
      record.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
      record.createdMicroseconds = 1;
      record.request = request;
      const std::string text = FormatArchiveRecord(record);
      if (!parsed.password.empty() && parsed.password.size() > 20)
      {
        Require(request.filename.find(parsed.password) != std::string::npos ||
                  text.find(parsed.password) == std::string::npos ||
                  request.userDataJson.find(parsed.password) != std::string::npos ||
                  std::any_of(request.resources.begin(), request.resources.end(),
                              [&](const std::string& id)
                              { return id.find(parsed.password) != std::string::npos; }),
                "a password is in no record");
      }
      Require(FormatArchiveRecord(ParseArchiveRecord(text)) == text, "a record can be read again");
    }

    void ParseJobs(HttpMethod method, const HttpRequest& request)
    {
      if (method == HttpMethod::Get)
      {
        Succeeds([&] { ParseJobQuery(request); });
        Succeeds([&] { ParseListPage(request); });
      }
      else
      {
        Succeeds([&] { ParseJobFilter(request.body); });
        Succeeds([&] { ParsePriority(request.body); });
      }
    }
  } // namespace

  void FuzzArchiveRequest(std::string_view bytes)
  {
    FuzzInput input(bytes);
    const std::uint8_t choice = input.TakeByte();
    const bool isGet = (choice & 1) != 0;
    const bool isBatch = (choice & 2) != 0;
    const HostVersion& version = VERSIONS[(choice >> 2) % 3];
    const ResourceLevel level = (choice & 16) != 0 ? ResourceLevel::Study : ResourceLevel::Instance;
    const ArchiveKind kind = (choice & 32) != 0 ? ArchiveKind::Media : ArchiveKind::Archive;
    Settings settings;
    settings.archive.media.overlays["viewer"] = "/nowhere";

    HttpRequest request;
    request.method = isGet ? HttpMethod::Get : HttpMethod::Post;
    request.groups = {"6e2c0ec2-5d99c8ca-c1c21cee-79a09605-68391d12"};
    if (isGet)
    {
      ReadArguments(request, input);
    }
    else
    {
      request.body = input.GetRest();
    }
    const ArchiveRequestParser parser(settings, version, kind, (choice & 64) != 0);
    Succeeds(
      [&]
      {
        CheckRequest(
          isGet ? (isBatch ? parser.ParseBatchGet(request) : parser.ParseGet(level, request))
                : (isBatch ? parser.ParseBatchPost(request) : parser.ParsePost(level, request)));
      });
    ParseJobs(request.method, request);
  }
} // namespace OrthancPlugins
