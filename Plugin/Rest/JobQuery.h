// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Jobs/JobMonitor.h"
#include "../Http/HttpRequest.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Which jobs are meant: the query of a list, or the body of an action on many
namespace OrthancPlugins
{
  // As the host names them
  const char* GetStateName(JobState state);

  // Absent if no state has that name, whose case does not matter
  std::optional<JobState> ParseState(std::string_view name);

  bool HasEnded(JobState state);

  // All that is given must match; an empty list matches everything
  struct JobFilter
  {
    std::vector<JobState> states;
    std::vector<std::string> types;
    std::vector<std::string> ids;
    std::optional<std::int64_t> sinceMicroseconds; // of the creation, that moment included
    std::optional<std::int64_t> untilMicroseconds; // of the creation, that moment not included
  };

  bool IsMatching(const JobFilter& filter,
                  const std::string& id,
                  const std::string& type,
                  JobState state,
                  std::int64_t createdMicroseconds);

  // Which part of a list, by creation
  struct ListPage
  {
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> limit;
    bool isDescending = false;
  };

  struct JobQuery
  {
    JobFilter filter;
    ListPage page;
    bool isCount = false; // how many, instead of which
  };

  // Absent if the request has none of the arguments "state", "type", "since", "until", "limit",
  // "offset", "order", "count". Throws Failure(OutOfRange) naming the argument
  std::optional<JobQuery> ParseJobQuery(const HttpRequest& request);

  // "limit", "offset" and "order" alone
  ListPage ParseListPage(const HttpRequest& request);

  // The fields "State" and "Type" (a text, or a list of texts), "Since", "Until", "Ids". Without any of
  // them, "All" must be true. Throws Failure(BadFormat) or Failure(OutOfRange) naming the field; unknown
  // fields are refused, since a filter with a slip would match too much
  JobFilter ParseJobFilter(std::string_view body);

  // The JSON body is one integer. Throws Failure(BadFormat), Failure(BadType) beyond 32 bits
  int ParsePriority(std::string_view body);
} // namespace OrthancPlugins
