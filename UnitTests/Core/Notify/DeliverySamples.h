// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../../Plugin/Core/Notify/DeliveryRecord.h"

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace OrthancPlugins
{
  constexpr const char* ARCHIVE_ID = "a0000000-0000-4000-8000-000000000000";
  constexpr const char* JOB_ID = "b0000000-0000-4000-8000-000000000000";
  constexpr std::int64_t SECOND = 1'000'000;
  constexpr std::int64_t START = 1'700'000'000 * SECOND; // of ManualClock

  // "number" makes the ID: 0 to 9
  inline DeliveryRecord MakeDelivery(const std::string& url, unsigned number = 1)
  {
    DeliveryRecord record;
    record.id = "d000000" + std::to_string(number) + "-0000-8000-8000-000000000000";
    record.archiveId = ARCHIVE_ID;
    record.jobId = JOB_ID;
    record.event = "job.success";
    record.url = url;
    record.body = "{\"Event\":\"job.success\"}";
    record.createdMicroseconds = START + number;
    record.nextAttemptMicroseconds = START + number;
    return record;
  }

  inline DeliveryRecord MakeEnded(unsigned number, std::int64_t completedMicroseconds)
  {
    DeliveryRecord record = MakeDelivery("http://host/", number);
    record.state = DeliveryState::Delivered;
    record.completedMicroseconds = completedMicroseconds;
    record.nextAttemptMicroseconds = 0;
    record.body.clear();
    record.attempts.push_back(DeliveryAttempt{START + 5, 6, 500, DeliveryError::BadStatus});
    record.attempts.push_back(DeliveryAttempt{START + 7, 8, 200, DeliveryError::None});
    return record;
  }

  // A spool directory that disappears with the test
  class DeliveryDirectory
  {
  public:
    DeliveryDirectory()
    {
      std::string path =
        (std::filesystem::temp_directory_path() / "deliveries-test-XXXXXX").string();
      if (::mkdtemp(path.data()) == nullptr)
      {
        throw std::runtime_error("Cannot make a directory for the test");
      }
      path_ = path;
    }

    ~DeliveryDirectory()
    {
      std::error_code ignored;
      std::filesystem::remove_all(path_, ignored);
    }

    DeliveryDirectory(const DeliveryDirectory&) = delete;
    DeliveryDirectory& operator=(const DeliveryDirectory&) = delete;

    const std::string& GetSpool() const { return path_; }

    std::string GetFolder() const { return path_ + "/deliveries"; }

    std::string GetFile(const std::string& id) const { return GetFolder() + "/" + id + ".json"; }

    std::size_t CountFiles() const
    {
      std::size_t count = 0;
      std::error_code missing;
      for (const auto& entry : std::filesystem::directory_iterator(GetFolder(), missing))
      {
        count += entry.is_regular_file() ? 1 : 0;
      }
      return count;
    }

  private:
    std::string path_;
  };
} // namespace OrthancPlugins
