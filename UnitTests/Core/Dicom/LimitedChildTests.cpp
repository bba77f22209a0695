// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/LimitedChild.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr ChildLimits LIMITS = {256u << 20, 10, 60};
  }

  TEST(LimitedChild, ResultsComeBack)
  {
    EXPECT_EQ("", RunLimited(LIMITS, [] { return std::string(); }));
    EXPECT_EQ("result", RunLimited(LIMITS, [] { return std::string("result"); }));
    const std::string large(500000, 'x'); // more than a pipe holds
    EXPECT_EQ(large, RunLimited(LIMITS, [&] { return large; }));
    EXPECT_FALSE(RunLimited(LIMITS, [] { return std::string(5u << 20, 'x'); }).has_value());
  }

  TEST(LimitedChild, WhatItChangesIsLost)
  {
    int value = 1;
    EXPECT_EQ("2", RunLimited(LIMITS, [&] { return std::to_string(++value); }));
    EXPECT_EQ(1, value);
  }

  TEST(LimitedChild, BadEndsHaveNoResult)
  {
    EXPECT_FALSE(
      RunLimited(LIMITS, []() -> std::string { throw std::runtime_error("bad"); }).has_value());
    EXPECT_FALSE(RunLimited(LIMITS, []() -> std::string { throw 5; }).has_value());
    EXPECT_FALSE(RunLimited(LIMITS, []() -> std::string { std::_Exit(0); }).value_or("") == "x");
    EXPECT_FALSE(RunLimited(LIMITS, []() -> std::string { std::_Exit(3); }).has_value());
    EXPECT_FALSE(RunLimited(LIMITS, []() -> std::string { std::abort(); }).has_value());
  }

  TEST(LimitedChild, MemoryIsLimited)
  {
    const auto use = [](std::size_t bytes)
    {
      return [bytes]
      {
        std::vector<std::vector<char>> all; // by pieces, as no one piece would be too large
        for (std::size_t i = 0; i < bytes >> 20; i++)
        {
          all.emplace_back(1u << 20, 'x');
        }
        return std::to_string(all.size());
      };
    };
    EXPECT_EQ("20", RunLimited(LIMITS, use(20u << 20)));
    EXPECT_FALSE(RunLimited(LIMITS, use(std::size_t(2) << 30)).has_value());
  }

  TEST(LimitedChild, TimeIsLimited)
  {
    const auto sleep = []() -> std::string
    {
      ::pause();
      return "";
    };
    EXPECT_FALSE(RunLimited({256u << 20, 10, 1}, sleep).has_value());
    const auto spin = []() -> std::string
    {
      for (volatile unsigned i = 0;; i = i + 1)
      {
      }
    };
    EXPECT_FALSE(RunLimited({256u << 20, 1, 60}, spin).has_value());
  }

  TEST(LimitedChild, FilesOfTheParentAreNotOpenInIt)
  {
    // Behind the descriptor that the child has for its result
    const int mine = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 50);
    ASSERT_GE(mine, 50);
    EXPECT_EQ("closed",
              RunLimited(LIMITS, [=]
                         { return std::string(::fcntl(mine, F_GETFD) < 0 ? "closed" : "open"); }));
    EXPECT_GE(::fcntl(mine, F_GETFD), 0);
    ::close(mine);
  }
} // namespace OrthancPlugins
