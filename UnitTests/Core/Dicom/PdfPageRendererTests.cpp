// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/PdfPageRenderer.h"

#include "../../../Plugin/Core/Failure.h"
#include "../../Fakes/TextInstanceData.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    // Without a table of its objects, which readers make themselves
    const TextInstanceData
      PDF("%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
          "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
          "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>\nendobj\n"
          "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n0\n%%EOF");
    const TextInstanceData BROKEN("no PDF");

    PdfPageRenderer::Limits MakeLimits()
    {
      PdfPageRenderer::Limits limits;
      limits.directory = ::testing::TempDir();
      return limits;
    }

    std::optional<FailureKind> FailToRender(PdfPageRenderer& renderer,
                                            const std::string& key,
                                            const IInstanceData& content,
                                            unsigned page,
                                            unsigned pixels)
    {
      try
      {
        renderer.Render(key, content, page, pixels);
        return std::nullopt;
      }
      catch (const Failure& failure)
      {
        return failure.GetKind();
      }
    }
  } // namespace

  TEST(PdfPageRenderer, WhatIsKeptIsNotDrawnAgain)
  {
    PdfPageRenderer renderer(MakeLimits());
    const std::shared_ptr<const std::string> png = renderer.Render("key", PDF, 1, 50);
    EXPECT_EQ("\x89PNG", png->substr(0, 4));

    EXPECT_EQ(png, renderer.Render("key", BROKEN, 1, 50));
    EXPECT_EQ(FailureKind::BadFormat, FailToRender(renderer, "key", BROKEN, 1, 51));
    EXPECT_EQ(FailureKind::BadFormat, FailToRender(renderer, "key", BROKEN, 2, 50));
    EXPECT_EQ(FailureKind::BadFormat, FailToRender(renderer, "key2", BROKEN, 1, 50));
    EXPECT_EQ(FailureKind::NotFound, FailToRender(renderer, "key", PDF, 2, 50));
  }

  TEST(PdfPageRenderer, TheOldestGivesWay)
  {
    PdfPageRenderer::Limits limits = MakeLimits();
    limits.cacheBytes = PdfPageRenderer(limits).Render("key", PDF, 1, 50)->size() * 5 / 2;
    PdfPageRenderer renderer(limits);
    renderer.Render("first", PDF, 1, 50);
    renderer.Render("second", PDF, 1, 50);
    renderer.Render("first", BROKEN, 1, 50);
    renderer.Render("third", PDF, 1, 50);

    EXPECT_FALSE(FailToRender(renderer, "first", BROKEN, 1, 50).has_value());
    EXPECT_FALSE(FailToRender(renderer, "third", BROKEN, 1, 50).has_value());
    EXPECT_TRUE(FailToRender(renderer, "second", BROKEN, 1, 50).has_value());

    limits.cacheBytes = 0;
    PdfPageRenderer forgetful(limits);
    forgetful.Render("first", PDF, 1, 50);
    EXPECT_TRUE(FailToRender(forgetful, "first", BROKEN, 1, 50).has_value());
  }

  TEST(PdfPageRenderer, MemoryIsLimited)
  {
    constexpr unsigned PIXELS = 8000; // 192 MB without compression
    PdfPageRenderer::Limits limits = MakeLimits();
    PdfPageRenderer generous(limits);
    EXPECT_FALSE(FailToRender(generous, "key", PDF, 1, PIXELS).has_value());

    limits.memoryBytes = 128u << 20;
    PdfPageRenderer strict(limits);
    EXPECT_EQ(FailureKind::BadFormat, FailToRender(strict, "key", PDF, 1, PIXELS));
    EXPECT_FALSE(FailToRender(strict, "key", PDF, 1, 50).has_value());
  }
} // namespace OrthancPlugins
