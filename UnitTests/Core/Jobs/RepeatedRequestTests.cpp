// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/RepeatedRequest.h"

#include "../Spool/ExpectFailure.h"

#include <functional>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    ArchiveRequest MakeRequest()
    {
      ArchiveRequest request;
      request.level = ResourceLevel::Study;
      request.resources = {"study"};
      request.transcode = TranscodeTarget();
      request.transcode->transferSyntaxUid = "1.2.840.10008.1.2.1";
      return request;
    }
  } // namespace

  TEST(RepeatedRequest, MayComeWithAnotherNamePriorityAndUserData)
  {
    ArchiveRequest repeated = MakeRequest();
    repeated.filename = "other.zip";
    repeated.userDataJson = "5";
    repeated.priority = 7;

    EXPECT_NO_THROW(RequireSameArchive(MakeRequest(), repeated));
  }

  TEST(RepeatedRequest, MustAskForTheSameArchive)
  {
    const std::vector<std::function<void(ArchiveRequest&)>> changes = {
      [](ArchiveRequest& request) { request.level.reset(); },
      [](ArchiveRequest& request) { request.level = ResourceLevel::Series; },
      [](ArchiveRequest& request) { request.resources = {"other"}; },
      [](ArchiveRequest& request) { request.resources.push_back("study"); },
      [](ArchiveRequest& request) { request.isUtf8 = true; },
      [](ArchiveRequest& request) { request.density = ArchiveDensity::Dense; },
      [](ArchiveRequest& request) { request.onMissing = MissingPolicy::Report; },
      [](ArchiveRequest& request) { request.onTranscodeFailure = TranscodeFailurePolicy::Fail; },
      [](ArchiveRequest& request) { request.hasManifest = true; },
      [](ArchiveRequest& request) { request.naming = "{PatientID}"; },
      [](ArchiveRequest& request) { request.transcode.reset(); },
      [](ArchiveRequest& request) { request.transcode->transferSyntaxUid = "1.2.840.10008.1.2"; },
      [](ArchiveRequest& request) { request.transcode->lossyQuality = 5; },
      [](ArchiveRequest& request) { request.kind = ArchiveKind::Media; },
      [](ArchiveRequest& request) { request.format = ArchiveFormat::Iso; },
      [](ArchiveRequest& request) { request.isEncrypted = true; },
      [](ArchiveRequest& request) { request.media.isExtended = true; },
      [](ArchiveRequest& request) { request.media.profile = MediaProfile::StdGenCd; },
      [](ArchiveRequest& request) { request.media.hasReadme = true; },
      [](ArchiveRequest& request) { request.media.hasPdf = true; },
      [](ArchiveRequest& request) { request.media.hasIndex = true; },
      [](ArchiveRequest& request) { request.media.overlay = "viewer"; },
      [](ArchiveRequest& request) { request.media.volumeSizeMB = 700; }};
    for (const auto& change : changes)
    {
      ArchiveRequest repeated = MakeRequest();
      change(repeated);

      ExpectFailure(FailureKind::Conflict, [&] { RequireSameArchive(MakeRequest(), repeated); });
      ExpectFailure(FailureKind::Conflict, [&] { RequireSameArchive(repeated, MakeRequest()); });
    }
  }
} // namespace OrthancPlugins
