// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"

#include "../ArchivePolicies.h"
#include "../IDicomStore.h"

#include <memory>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  // In which transfer syntax an entry is wanted
  struct TranscodePolicy
  {
    std::optional<TranscodeTarget> target; // absent: as it is stored, if the profile allows that
    TranscodeFailurePolicy onFailure = TranscodeFailurePolicy::KeepOriginal;
    MediaProfile profile = MediaProfile::None;

    // Whether anything may be transcoded at all
    bool IsNeeded() const { return target.has_value() || profile != MediaProfile::None; }
  };

  enum class EntryOrigin
  {
    Original, // no transcoding was asked for, or it has a wanted transfer syntax already
    Transcoded,
    Kept // the original, because it could not be transcoded
  };

  struct EntrySource
  {
    std::unique_ptr<IInstanceData> data; // never empty
    EntryOrigin origin = EntryOrigin::Original;
    std::string transferSyntaxUid; // as far as it is known
  };

  // Opens the file of an entry as it goes into the archive. With a profile, what it allows is kept and
  // the rest becomes explicit VR little endian.
  //
  // Throws Failure(NotTranscodable) if the policy says so, Failure(Conflict) if nothing that the profile
  // allows can be made: with the transfer syntax in its message. Throws Failure(SourceMissing) as the
  // store does, and if the file has not the size that is planned
  EntrySource
  OpenEntrySource(IDicomStore& store, const PlannedEntry& planned, const TranscodePolicy& policy);

  // Throws Failure(Conflict) if the profile does not allow this transfer syntax
  void CheckProfile(MediaProfile profile,
                    const std::string& instanceId,
                    const std::string& transferSyntaxUid);
} // namespace OrthancPlugins
