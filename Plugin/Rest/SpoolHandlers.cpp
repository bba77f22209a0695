// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolHandlers.h"

#include "JobActions.h"
#include "JobCatalog.h"
#include "JobQuery.h"
#include "JobView.h"
#include "JsonList.h"

#include "../Core/Failure.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    using SharedRecord = std::shared_ptr<const ArchiveRecord>;

    std::string Format(const Services& services, const ArchiveRecord& record)
    {
      return FormatArchive(record, GetPublicId(services, record.id),
                           services.spool.GetExpiryMicroseconds(record));
    }

    std::vector<SharedRecord> ListArchives(const Services& services, const AccessPolicy& access)
    {
      std::vector<SharedRecord> records = services.spool.List();
      records.erase(std::remove_if(records.begin(), records.end(),
                                   [&](const SharedRecord& record)
                                   { return !access.MaySee(record->owner); }),
                    records.end());
      return records;
    }

    void Sort(std::vector<SharedRecord>& records, bool isDescending)
    {
      std::sort(records.begin(), records.end(),
                [=](const SharedRecord& left, const SharedRecord& right)
                {
                  const ArchiveRecord& first = isDescending ? *right : *left;
                  const ArchiveRecord& second = isDescending ? *left : *right;
                  return first.createdMicroseconds != second.createdMicroseconds
                           ? first.createdMicroseconds < second.createdMicroseconds
                           : first.id < second.id;
                });
    }

    ArchiveRecord FindArchive(const Services& services, const HttpRequest& request)
    {
      const std::optional<ArchiveRecord> record = services.spool.Find(request.groups.at(0));
      if (!record.has_value() || !MakeAccess(services, request).MaySee(record->owner))
      {
        throw Failure(FailureKind::NotFound, "No archive found with this id");
      }
      return *record;
    }
  } // namespace

  void GetArchives(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const ListPage page = ParseListPage(request);
    std::vector<SharedRecord> records = ListArchives(services, MakeAccess(services, request));
    Sort(records, page.isDescending);

    const std::uint64_t begin = std::min<std::uint64_t>(page.offset, records.size());
    const std::uint64_t rest = records.size() - begin;
    const std::uint64_t end = begin + std::min(rest, page.limit.value_or(rest));
    JsonList list(answer);
    for (std::uint64_t i = begin; i < end; i++)
    {
      list.Add(Format(services, *records[static_cast<std::size_t>(i)]));
    }
    list.Send();
  }

  void GetArchive(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    answer.SendJson(Format(services, FindArchive(services, request)));
  }

  void EraseArchive(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const ArchiveRecord record = FindArchive(services, request);
    JobEntry job;
    job.kind = JobKind::Archive;
    job.archiveId = record.id;
    if (DeleteJob(services, job) != JobOutcome::Done)
    {
      throw Failure(FailureKind::Conflict,
                    "The job of this archive has not ended: cancel it first");
    }
    answer.SendBuffer("", "text/plain");
  }
} // namespace OrthancPlugins
