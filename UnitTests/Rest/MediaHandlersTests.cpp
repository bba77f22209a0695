// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/MediaHandlers.h"

#include "JobsFixture.h"

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t FILE_BYTES = 50000;

    ArchiveRecord SubmitMedium(RestFixture& fixture, const std::string& fields)
    {
      RecordingAnswer answer;
      PostStudyMedia(fixture.services,
                     MakePost({"study"}, "{\"Asynchronous\": true" + fields + "}"), answer);
      EXPECT_EQ(1u, fixture.spool.List().size());
      return *fixture.spool.List().front();
    }
  } // namespace

  TEST(MediaHandlers, ImageNeedsTheRoomOfItsFilesTwice)
  {
    RestFixture fixture(HOST_B);
    fixture.store.AddSeries("patient", "study", "series", {MakeNoise(FILE_BYTES, 1)});

    const ArchiveRecord record = SubmitMedium(fixture, ", \"Format\": \"Iso\"");

    EXPECT_EQ(ArchiveKind::Media, record.request.kind);
    EXPECT_GE(record.expectedBytes, 2 * FILE_BYTES);
  }

  TEST(MediaHandlers, ZipNeedsItOnce)
  {
    RestFixture fixture(HOST_B);
    fixture.store.AddSeries("patient", "study", "series", {MakeNoise(FILE_BYTES, 1)});

    const ArchiveRecord record = SubmitMedium(fixture, "");

    EXPECT_NE(0u, record.expectedBytes);
    EXPECT_LT(record.expectedBytes, 2 * FILE_BYTES);
  }
} // namespace OrthancPlugins
