// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolNames.h"

#include "../Failure.h"
#include "../Uuid.h"

#include <algorithm>
#include <cstddef>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* RECORD_SUFFIX = ".json";
    constexpr const char* RECORD_TEMPORARY_SUFFIX = ".json.tmp";
    constexpr const char* ARCHIVE_SUFFIX = ".zip";
    constexpr const char* PART_SUFFIX = ".part";
    constexpr const char* JOURNAL_SUFFIX = ".journal";
    constexpr const char* LINK_SUFFIX = ".job";
    constexpr const char* LINK_TEMPORARY_SUFFIX = ".job.tmp";
    constexpr const char* LOCK_NAME = "lock";
    constexpr std::string_view TEMPORARY_PREFIX = "temporary-";
    constexpr std::string_view TEMPORARY_PATTERN = "XXXXXX";
    constexpr std::size_t UUID_CHARACTERS = 36;

    struct Suffix
    {
      SpoolFile kind;
      const char* text;
    };

    constexpr Suffix SUFFIXES[] = {{SpoolFile::Record, RECORD_SUFFIX},
                                   {SpoolFile::Archive, ARCHIVE_SUFFIX},
                                   {SpoolFile::Part, PART_SUFFIX},
                                   {SpoolFile::Journal, JOURNAL_SUFFIX},
                                   {SpoolFile::Link, LINK_SUFFIX},
                                   {SpoolFile::Temporary, RECORD_TEMPORARY_SUFFIX},
                                   {SpoolFile::Temporary, LINK_TEMPORARY_SUFFIX}};

    bool IsAlphanumeric(char c)
    {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    // What mkstemp(3) makes of the template
    bool IsFromTemplate(std::string_view name)
    {
      if (name.size() != TEMPORARY_PREFIX.size() + TEMPORARY_PATTERN.size() ||
          name.substr(0, TEMPORARY_PREFIX.size()) != TEMPORARY_PREFIX)
      {
        return false;
      }
      const std::string_view end = name.substr(TEMPORARY_PREFIX.size());
      return std::all_of(end.begin(), end.end(), IsAlphanumeric);
    }
  } // namespace

  std::string SpoolNames::Make(const std::string& id, const char* suffix) const
  {
    if (!IsUuid(id))
    {
      throw Failure(FailureKind::BadFormat, "The spool only knows UUIDs as identifiers");
    }
    return directory_ + "/" + id + suffix;
  }

  std::string SpoolNames::GetRecordPath(const std::string& archiveId) const
  {
    return Make(archiveId, RECORD_SUFFIX);
  }

  std::string SpoolNames::GetRecordTemporaryPath(const std::string& archiveId) const
  {
    return Make(archiveId, RECORD_TEMPORARY_SUFFIX);
  }

  std::string SpoolNames::GetArchivePath(const std::string& archiveId) const
  {
    return Make(archiveId, ARCHIVE_SUFFIX);
  }

  std::string SpoolNames::GetPartPath(const std::string& archiveId) const
  {
    return Make(archiveId, PART_SUFFIX);
  }

  std::string SpoolNames::GetJournalPath(const std::string& archiveId) const
  {
    return Make(archiveId, JOURNAL_SUFFIX);
  }

  std::string SpoolNames::GetLinkPath(const std::string& jobId) const
  {
    return Make(jobId, LINK_SUFFIX);
  }

  std::string SpoolNames::GetLinkTemporaryPath(const std::string& jobId) const
  {
    return Make(jobId, LINK_TEMPORARY_SUFFIX);
  }

  std::string SpoolNames::GetLockPath() const
  {
    return directory_ + "/" + LOCK_NAME;
  }

  std::string SpoolNames::GetTemporaryTemplate() const
  {
    return (directory_ + "/").append(TEMPORARY_PREFIX).append(TEMPORARY_PATTERN);
  }

  std::string SpoolNames::GetPath(const SpoolName& name) const
  {
    return directory_ + "/" + name.fileName;
  }

  std::optional<SpoolName> SpoolNames::Parse(std::string_view fileName)
  {
    if (fileName == LOCK_NAME)
    {
      return SpoolName{SpoolFile::Lock, "", std::string(fileName)};
    }
    if (IsFromTemplate(fileName))
    {
      return SpoolName{SpoolFile::Temporary, "", std::string(fileName)};
    }
    const std::string_view id = fileName.substr(0, UUID_CHARACTERS);
    if (!IsUuid(id))
    {
      return std::nullopt;
    }
    for (const Suffix& suffix : SUFFIXES)
    {
      if (fileName.substr(UUID_CHARACTERS) == suffix.text)
      {
        const bool isTemporary = suffix.kind == SpoolFile::Temporary;
        return SpoolName{suffix.kind, isTemporary ? "" : std::string(id), std::string(fileName)};
      }
    }
    return std::nullopt;
  }
} // namespace OrthancPlugins
