// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/ExecutorClaims.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  TEST(ExecutorClaims, FirstOneGetsTheArchive)
  {
    ExecutorClaims claims;
    const auto first = claims.MakeToken();
    const auto second = claims.MakeToken();

    EXPECT_TRUE(claims.Enter("a", second));
    EXPECT_FALSE(claims.Enter("a", first));
    claims.Leave("a", second);
    EXPECT_FALSE(claims.Enter("a", first));
    EXPECT_TRUE(claims.Enter("b", first));
    EXPECT_TRUE(claims.Holds("a", second));
    EXPECT_FALSE(claims.Holds("a", first));
    EXPECT_TRUE(claims.IsClaimed("a"));
    EXPECT_FALSE(claims.IsClaimed("c"));
  }

  TEST(ExecutorClaims, ReleaseLetsTheNextOneIn)
  {
    ExecutorClaims claims;
    const auto first = claims.MakeToken();
    const auto second = claims.MakeToken();
    EXPECT_TRUE(claims.Enter("a", first));
    claims.Leave("a", first);

    claims.Release("a", second); // not its own
    EXPECT_FALSE(claims.Enter("a", second));
    claims.Release("a", first);

    EXPECT_FALSE(claims.IsClaimed("a"));
    EXPECT_TRUE(claims.Enter("a", second));
  }

  TEST(ExecutorClaims, SupersededOnesAreOut)
  {
    ExecutorClaims claims;
    const auto working = claims.MakeToken();
    const auto waiting = claims.MakeToken();
    EXPECT_TRUE(claims.Enter("a", working));
    claims.Leave("a", working);

    claims.Supersede("a");
    const auto next = claims.MakeToken();

    EXPECT_FALSE(claims.Holds("a", working));
    EXPECT_FALSE(claims.IsClaimed("a"));
    EXPECT_TRUE(claims.IsSuperseded("a", working));
    EXPECT_FALSE(claims.IsSuperseded("a", next));
    EXPECT_FALSE(claims.IsSuperseded("b", working));
    EXPECT_FALSE(claims.Enter("a", working));
    EXPECT_FALSE(claims.Enter("a", waiting));
    EXPECT_TRUE(claims.Enter("a", next));
    EXPECT_TRUE(claims.Enter("b", waiting));
  }

  TEST(ExecutorClaims, SuccessorWaitsForTheStepOfASupersededOne)
  {
    ExecutorClaims claims;
    const auto old = claims.MakeToken();
    EXPECT_TRUE(claims.Enter("a", old));
    claims.Supersede("a");
    std::atomic<bool> hasLeft{false};
    bool wasAlone = false;
    boost::thread successor(
      [&, token = claims.MakeToken()]
      {
        EXPECT_TRUE(claims.Enter("a", token));
        wasAlone = hasLeft;
      });

    hasLeft = true;
    claims.Leave("a", old);
    successor.join();

    EXPECT_TRUE(wasAlone);
  }

  TEST(ExecutorClaims, OneWriterAtATime)
  {
    ExecutorClaims claims;
    std::atomic<int> inside{0};
    std::atomic<unsigned> badCount{0};
    boost::thread_group threads;
    for (unsigned t = 0; t < 4; t++)
    {
      threads.create_thread(
        [&, t]
        {
          for (unsigned i = 0; i < 500; i++)
          {
            const auto token = claims.MakeToken();
            if (claims.Enter("a", token))
            {
              badCount += ++inside == 1 ? 0u : 1u;
              inside--;
              claims.Leave("a", token);
              claims.Release("a", token);
            }
            if (t == 0)
            {
              claims.Supersede("a");
            }
          }
        });
    }
    threads.join_all();

    EXPECT_EQ(0u, badCount);
  }

  TEST(ExecutorClaims, EndsAreToldToTheListener)
  {
    ExecutorClaims claims;
    std::vector<std::string> ended;
    claims.NoteEnd("nobody listens");
    claims.SetListener([&](const std::string& archiveId) { ended.push_back(archiveId); });

    claims.NoteEnd("a");
    claims.SetListener(nullptr);
    claims.NoteEnd("b");

    EXPECT_EQ(std::vector<std::string>{"a"}, ended);
  }

  TEST(ExecutorClaims, ForgottenArchiveIsFree)
  {
    ExecutorClaims claims;
    const auto token = claims.MakeToken();
    claims.Supersede("a");
    EXPECT_FALSE(claims.Enter("a", token));

    claims.Forget("a");
    claims.Forget("unknown");

    EXPECT_TRUE(claims.Enter("a", token));
  }
} // namespace OrthancPlugins
