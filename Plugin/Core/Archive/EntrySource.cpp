// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "EntrySource.h"

#include "MediaProfiles.h"

#include "../Failure.h"

#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    bool IsWanted(const TranscodePolicy& policy, const std::string& transferSyntaxUid)
    {
      return policy.target.has_value() ? policy.target->transferSyntaxUid == transferSyntaxUid
                                       : IsAllowedOnMedia(policy.profile, transferSyntaxUid);
    }

    bool TryTranscode(IDicomStore& store,
                      const StoredInstance& instance,
                      const TranscodeTarget& target,
                      EntrySource& source)
    {
      source.data = store.OpenTranscoded(instance, target);
      source.origin = EntryOrigin::Transcoded;
      source.transferSyntaxUid = target.transferSyntaxUid;
      return source.data != nullptr;
    }

    // Absent: the original is to be kept
    std::optional<EntrySource>
    Transcode(IDicomStore& store, const StoredInstance& instance, const TranscodePolicy& policy)
    {
      EntrySource source;
      if (policy.target.has_value() && TryTranscode(store, instance, *policy.target, source))
      {
        return source;
      }
      if (policy.target.has_value() && policy.onFailure == TranscodeFailurePolicy::Fail)
      {
        throw Failure(FailureKind::NotTranscodable,
                      "Instance " + instance.id + " cannot be transcoded");
      }
      const std::string& stored = instance.transferSyntaxUid;
      if (IsAllowedOnMedia(policy.profile, stored))
      {
        return std::nullopt;
      }
      const TranscodeTarget basic{EXPLICIT_VR_LITTLE_ENDIAN, std::nullopt};
      if (!TryTranscode(store, instance, basic, source))
      {
        CheckProfile(policy.profile, instance.id, stored);
      }
      return source;
    }

    // The host hands over a damaged file without a word. 0: the host does not know the size
    void CheckSize(const StoredInstance& instance, const IInstanceData& data)
    {
      if (instance.sizeBytes != 0 && data.GetSizeBytes() != instance.sizeBytes)
      {
        throw Failure(FailureKind::SourceMissing,
                      "Instance " + instance.id + " has " + std::to_string(data.GetSizeBytes()) +
                        " bytes instead of " + std::to_string(instance.sizeBytes));
      }
    }
  } // namespace

  EntrySource
  OpenEntrySource(IDicomStore& store, const PlannedEntry& planned, const TranscodePolicy& policy)
  {
    const StoredInstance& instance = planned.instance;
    EntrySource source;
    source.transferSyntaxUid = instance.transferSyntaxUid;
    if (policy.IsNeeded() && !IsWanted(policy, instance.transferSyntaxUid))
    {
      if (std::optional<EntrySource> transcoded = Transcode(store, instance, policy))
      {
        return std::move(*transcoded);
      }
      source.origin = EntryOrigin::Kept;
    }
    source.data = store.OpenInstance(instance);
    if (!source.data)
    {
      throw Failure(FailureKind::SourceMissing, "Cannot open instance " + instance.id);
    }
    CheckSize(instance, *source.data);
    return source;
  }

  void CheckProfile(MediaProfile profile,
                    const std::string& instanceId,
                    const std::string& transferSyntaxUid)
  {
    if (!IsAllowedOnMedia(profile, transferSyntaxUid))
    {
      throw Failure(FailureKind::Conflict,
                    "Instance " + instanceId + " has the transfer syntax " +
                      (transferSyntaxUid.empty() ? "(unknown)" : transferSyntaxUid) +
                      ", which the profile " + GetProfileName(profile) +
                      " does not allow, and cannot be transcoded");
    }
  }
} // namespace OrthancPlugins
