// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/CrcMemory.h"

#include <gtest/gtest.h>

#include <boost/thread/thread.hpp>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    StoredInstance MakeInstance(const std::string& uuid)
    {
      StoredInstance instance;
      instance.id = "instance";
      instance.attachmentUuid = uuid;
      instance.sizeBytes = 100;
      return instance;
    }
  } // namespace

  TEST(CrcMemory, UnknownUntilRemembered)
  {
    CrcMemory memory(10);

    EXPECT_FALSE(memory.Find(MakeInstance("a")).has_value());
    memory.Remember(MakeInstance("a"), 17);
    EXPECT_EQ(17u, memory.Find(MakeInstance("a")));
    EXPECT_FALSE(memory.Find(MakeInstance("b")).has_value());
    memory.Remember(MakeInstance("a"), 18);
    EXPECT_EQ(18u, memory.Find(MakeInstance("a")));
    EXPECT_EQ(1u, memory.GetEntriesCount());
  }

  TEST(CrcMemory, ForgetsWhatHasProvedWrong)
  {
    CrcMemory memory(10);
    memory.Remember(MakeInstance("a"), 1);
    memory.Remember(MakeInstance("b"), 2);

    memory.Forget(MakeInstance("a"));
    memory.Forget(MakeInstance("c"));

    EXPECT_FALSE(memory.Find(MakeInstance("a")).has_value());
    EXPECT_EQ(2u, memory.Find(MakeInstance("b")));
    EXPECT_EQ(1u, memory.GetEntriesCount());
  }

  TEST(CrcMemory, DropsWhatNobodyAskedForTheLongest)
  {
    CrcMemory memory(3);
    memory.Remember(MakeInstance("a"), 1);
    memory.Remember(MakeInstance("b"), 2);
    memory.Remember(MakeInstance("c"), 3);
    memory.Find(MakeInstance("a"));
    memory.Remember(MakeInstance("b"), 2);

    memory.Remember(MakeInstance("d"), 4);

    EXPECT_EQ(3u, memory.GetEntriesCount());
    EXPECT_FALSE(memory.Find(MakeInstance("c")).has_value());
    EXPECT_EQ(1u, memory.Find(MakeInstance("a")));
    EXPECT_EQ(2u, memory.Find(MakeInstance("b")));
    EXPECT_EQ(4u, memory.Find(MakeInstance("d")));
  }

  TEST(CrcMemory, StaysBounded)
  {
    CrcMemory memory(100);
    for (unsigned i = 0; i < 10000; i++)
    {
      memory.Remember(MakeInstance(std::to_string(i)), i);
    }

    EXPECT_EQ(100u, memory.GetEntriesCount());
    EXPECT_EQ(9999u, memory.Find(MakeInstance("9999")));
    EXPECT_EQ(9900u, memory.Find(MakeInstance("9900")));
    EXPECT_FALSE(memory.Find(MakeInstance("9899")).has_value());
  }

  TEST(CrcMemory, AnotherFileIsAnotherKey)
  {
    CrcMemory memory(10);
    StoredInstance instance = MakeInstance("");
    memory.Remember(instance, 1);

    EXPECT_EQ(1u, memory.Find(instance));
    instance.sizeBytes++;
    EXPECT_FALSE(memory.Find(instance).has_value());
    instance.sizeBytes--;
    instance.receptionUtc = 5;
    EXPECT_FALSE(memory.Find(instance).has_value());
    instance.receptionUtc = std::nullopt;
    instance.id = "other";
    EXPECT_FALSE(memory.Find(instance).has_value());
    instance = MakeInstance("a");
    EXPECT_FALSE(memory.Find(instance).has_value());
    memory.Remember(instance, 2);
    instance.id = "another instance with the same attachment";
    EXPECT_EQ(2u, memory.Find(instance));
  }

  TEST(CrcMemory, EveryDigitOfAnAttachmentMatters)
  {
    const std::string uuid = "0123abcd-4567-89ef-0123-456789abcdef";
    CrcMemory memory(100);
    memory.Remember(MakeInstance(uuid), 1);

    EXPECT_EQ(1u, memory.Find(MakeInstance(uuid)));
    for (std::size_t i = 0; i < uuid.size(); i++)
    {
      std::string other = uuid;
      other[i] = uuid[i] == '5' ? '6' : '5';
      EXPECT_FALSE(memory.Find(MakeInstance(other)).has_value()) << other;
    }
  }

  TEST(CrcMemory, SeveralThreads)
  {
    CrcMemory memory(50);
    boost::thread_group threads;
    for (unsigned thread = 0; thread < 4; thread++)
    {
      threads.create_thread(
        [&memory]
        {
          for (unsigned i = 0; i < 2000; i++)
          {
            const StoredInstance instance = MakeInstance(std::to_string(i % 80));
            memory.Remember(instance, i % 80);
            EXPECT_EQ(i % 80, memory.Find(instance).value_or(i % 80));
            if (i % 7 == 0)
            {
              memory.Forget(instance);
            }
          }
        });
    }
    threads.join_all();

    EXPECT_LE(memory.GetEntriesCount(), 50u);
  }
} // namespace OrthancPlugins
