// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobFactory.h"

#include "ArchiveContent.h"

#include <json/json.h>

#include <exception>
#include <new>
#include <optional>

namespace OrthancPlugins
{
  namespace
  {
    constexpr int MAXIMUM_DEPTH = 100;

    // Absent if the text is no saved state of an archive job
    std::optional<std::string> ParseArchiveId(const std::string& savedState)
    {
      Json::CharReaderBuilder builder;
      builder["stackLimit"] = MAXIMUM_DEPTH;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      Json::Value value;
      const char* const begin = savedState.data();
      if (!reader->parse(begin, begin + savedState.size(), &value, nullptr) || !value.isObject())
      {
        return std::nullopt;
      }
      const Json::Value& archiveId = value["ArchiveId"];
      return archiveId.isString() ? std::make_optional(archiveId.asString()) : std::nullopt;
    }
  } // namespace

  JobFactory::JobFactory(ArchiveSpool& spool,
                         IDicomStore& store,
                         const ArchivePlanner& planner,
                         const ArchiveSettings& archive,
                         const JobSettings& jobs,
                         JobMonitor& monitor,
                         IClock& clock)
    : services_{spool,
                store,
                planner,
                archive,
                jobs,
                monitor,
                clock,
                std::make_shared<ExecutorClaims>(),
                std::make_shared<ArchivePasswords>()}
  {
  }

  std::unique_ptr<IJob> JobFactory::Restore(const std::string& type,
                                            const std::string& savedState) const
  {
    if (type != GetJobType(ArchiveKind::Archive) && type != GetJobType(ArchiveKind::Media))
    {
      return nullptr;
    }
    try
    {
      const std::optional<std::string> archiveId = ParseArchiveId(savedState);
      const bool isKnown =
        archiveId.has_value() && services_.spool.FindState(*archiveId).has_value();
      return isKnown ? CreateArchiveJob(*archiveId) : nullptr;
    }
    catch (const std::bad_alloc&)
    {
      throw;
    }
    catch (const std::exception&)
    {
      return nullptr; // JsonCpp throws beyond its stack limit
    }
  }

  std::unique_ptr<IJob> JobFactory::CreateArchiveJob(const std::string& archiveId) const
  {
    return std::make_unique<ArchiveJob>(archiveId, services_);
  }

  ArchivePasswords& JobFactory::GetPasswords() const
  {
    return *services_.passwords;
  }

  ExecutorClaims& JobFactory::GetClaims() const
  {
    return *services_.claims;
  }
} // namespace OrthancPlugins
