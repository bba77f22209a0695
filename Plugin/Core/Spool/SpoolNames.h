// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  enum class SpoolFile
  {
    Record,    // <archive>.json
    Archive,   // <archive>.zip
    Part,      // <archive>.part
    Journal,   // <archive>.journal
    Link,      // <job>.job
    Temporary, // <archive>.json.tmp, <job>.job.tmp, temporary-XXXXXX
    Lock       // lock
  };

  // A name that was found in the directory
  struct SpoolName
  {
    SpoolFile kind = SpoolFile::Lock;
    std::string id; // of the archive or the job; empty for Temporary and Lock
    std::string fileName;
  };

  /**
   * Makes and parses the name of every file in the spool; nobody else concatenates its paths.
   * Identifiers are UUIDs, so no name leaves the directory. Immutable, hence thread-safe.
   **/
  class SpoolNames
  {
  public:
    explicit SpoolNames(const std::string& directory)
      : directory_(directory)
    {
    }

    const std::string& GetDirectory() const { return directory_; }

    // Throw Failure(BadFormat) if the identifier is no UUID
    std::string GetRecordPath(const std::string& archiveId) const;
    std::string GetRecordTemporaryPath(const std::string& archiveId) const;
    std::string GetArchivePath(const std::string& archiveId) const;
    std::string GetPartPath(const std::string& archiveId) const;
    std::string GetJournalPath(const std::string& archiveId) const;
    std::string GetLinkPath(const std::string& jobId) const;
    std::string GetLinkTemporaryPath(const std::string& jobId) const;

    std::string GetLockPath() const;

    // For mkstemp(3)
    std::string GetTemporaryTemplate() const;

    std::string GetPath(const SpoolName& name) const;

    // Absent if the spool makes no such name: then the file is not ours, and is left alone
    static std::optional<SpoolName> Parse(std::string_view fileName);

  private:
    std::string Make(const std::string& id, const char* suffix) const;

    std::string directory_;
  };
} // namespace OrthancPlugins
