// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/EntrySource.h"
#include "../../../Plugin/Core/Archive/MediaProfiles.h"
#include "../../../Plugin/Core/Failure.h"
#include "../../Fakes/MemoryDicomStore.h"

#include <gtest/gtest.h>

#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* IMPLICIT = "1.2.840.10008.1.2";
    constexpr const char* BIG_ENDIAN_SYNTAX = "1.2.840.10008.1.2.2";
    constexpr const char* DEFLATED = "1.2.840.10008.1.2.1.99";
    constexpr const char* RLE = "1.2.840.10008.1.2.5";
    constexpr const char* JPEG = "1.2.840.10008.1.2.4.50";
    constexpr const char* JPEG_EXTENDED = "1.2.840.10008.1.2.4.51";
    constexpr const char* JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70";
    constexpr const char* JPEG_LS = "1.2.840.10008.1.2.4.80";
    constexpr const char* J2K_LOSSLESS = "1.2.840.10008.1.2.4.90";
    constexpr const char* J2K = "1.2.840.10008.1.2.4.91";

    // One instance that the host can transcode, or not
    struct Fixture
    {
      MemoryDicomStore store;
      PlannedEntry planned;

      Fixture(const std::string& transferSyntaxUid, bool isTranscodable)
      {
        planned.instance.id = "instance";
        planned.instance.transferSyntaxUid = transferSyntaxUid;
        planned.instance.sizeBytes = 8;
        store.files["instance"] = "original";
        if (isTranscodable)
        {
          store.transcoder = [](const std::string&) { return "transcoded"; };
        }
      }

      // Empty: refused as not transcodable
      std::string Open(const TranscodePolicy& policy)
      {
        try
        {
          const EntrySource source = OpenEntrySource(store, planned, policy);
          std::vector<unsigned char> scratch;
          const std::size_t size = static_cast<std::size_t>(source.data->GetSizeBytes());
          std::string text(static_cast<const char*>(source.data->Read(0, size, scratch)), size);
          const char* const origin = source.origin == EntryOrigin::Original     ? " as it is "
                                     : source.origin == EntryOrigin::Transcoded ? " made "
                                                                                : " kept ";
          return text + origin + source.transferSyntaxUid;
        }
        catch (const Failure& failure)
        {
          kind = failure.GetKind();
          message = failure.what();
          return "";
        }
      }

      std::string message;
      std::optional<FailureKind> kind;
    };

    TranscodePolicy MakePolicy(MediaProfile profile)
    {
      TranscodePolicy policy;
      policy.profile = profile;
      return policy;
    }
  } // namespace

  // PS3.11 tables D.3-1, H.3-1, J.3-1
  TEST(MediaProfiles, AllowTheTransferSyntaxesOfPart11)
  {
    const std::set<std::string> jpeg = {JPEG, JPEG_EXTENDED, JPEG_LOSSLESS};
    const std::set<std::string> j2k = {J2K_LOSSLESS, J2K};
    for (const char* uid : {IMPLICIT, EXPLICIT_VR_LITTLE_ENDIAN, BIG_ENDIAN_SYNTAX, DEFLATED, RLE,
                            JPEG, JPEG_EXTENDED, JPEG_LOSSLESS, JPEG_LS, J2K_LOSSLESS, J2K, ""})
    {
      const bool isBasic = std::string(uid) == EXPLICIT_VR_LITTLE_ENDIAN;
      EXPECT_TRUE(IsAllowedOnMedia(MediaProfile::None, uid)) << uid;
      EXPECT_EQ(isBasic, IsAllowedOnMedia(MediaProfile::StdGenCd, uid)) << uid;
      for (const MediaProfile profile : {MediaProfile::StdGenDvdJpeg, MediaProfile::StdGenUsbJpeg})
      {
        EXPECT_EQ(isBasic || jpeg.count(uid) != 0, IsAllowedOnMedia(profile, uid)) << uid;
      }
      for (const MediaProfile profile : {MediaProfile::StdGenDvdJ2k, MediaProfile::StdGenUsbJ2k})
      {
        EXPECT_EQ(isBasic || j2k.count(uid) != 0, IsAllowedOnMedia(profile, uid)) << uid;
      }
    }
  }

  TEST(EntrySource, WithoutPolicyAsStored)
  {
    Fixture fixture(RLE, true);

    EXPECT_EQ(std::string("original as it is ") + RLE, fixture.Open(TranscodePolicy()));
  }

  TEST(EntrySource, ProfileKeepsWhatFitsAndTranscodesTheRest)
  {
    const std::string made = std::string("transcoded made ") + EXPLICIT_VR_LITTLE_ENDIAN;
    EXPECT_EQ(std::string("original as it is ") + JPEG,
              Fixture(JPEG, true).Open(MakePolicy(MediaProfile::StdGenDvdJpeg)));
    EXPECT_EQ(made, Fixture(JPEG, true).Open(MakePolicy(MediaProfile::StdGenCd)));
    EXPECT_EQ(made, Fixture(IMPLICIT, true).Open(MakePolicy(MediaProfile::StdGenUsbJ2k)));
    EXPECT_EQ(made, Fixture("", true).Open(MakePolicy(MediaProfile::StdGenCd)));
  }

  TEST(EntrySource, ProfileNamesWhatCannotBeTranscoded)
  {
    Fixture fixture(J2K, false);

    EXPECT_EQ("", fixture.Open(MakePolicy(MediaProfile::StdGenCd)));

    EXPECT_EQ(FailureKind::Conflict, fixture.kind);
    EXPECT_NE(std::string::npos, fixture.message.find("instance ")) << fixture.message;
    EXPECT_NE(std::string::npos, fixture.message.find(J2K)) << fixture.message;
    EXPECT_NE(std::string::npos, fixture.message.find("STD-GEN-CD")) << fixture.message;
  }

  TEST(EntrySource, TargetWithProfile)
  {
    TranscodePolicy policy = MakePolicy(MediaProfile::StdGenDvdJpeg);
    policy.target = TranscodeTarget{JPEG_LOSSLESS, std::nullopt};

    EXPECT_EQ(std::string("transcoded made ") + JPEG_LOSSLESS, Fixture(JPEG, true).Open(policy));
    EXPECT_EQ(std::string("original kept ") + JPEG, Fixture(JPEG, false).Open(policy));
    EXPECT_EQ("", Fixture(RLE, false).Open(policy));
    policy.onFailure = TranscodeFailurePolicy::Fail;
    Fixture refused(JPEG, false);
    EXPECT_EQ("", refused.Open(policy));
    EXPECT_EQ(FailureKind::NotTranscodable, refused.kind);
  }

  TEST(EntrySource, DamagedFileIsMissing)
  {
    Fixture fixture(JPEG, false);
    fixture.planned.instance.sizeBytes = 9;

    try
    {
      OpenEntrySource(fixture.store, fixture.planned, TranscodePolicy());
      FAIL();
    }
    catch (const Failure& failure)
    {
      EXPECT_EQ(FailureKind::SourceMissing, failure.GetKind());
    }
  }
} // namespace OrthancPlugins
