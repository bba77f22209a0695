// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Core/Jobs/IJobQueue.h"

#include <functional>
#include <vector>

namespace OrthancPlugins
{
  /**
   * Runs its jobs in this thread: when told to, or as soon as they are submitted.
   **/
  class InlineJobQueue final : public IJobQueue
  {
  public:
    bool isRefusing = false;
    bool isImmediate = false; // the jobs have ended before their ID is known
    std::function<void()> onSubmit;
    std::vector<int> priorities;

    // IDs are MakeId(0), MakeId(1)...
    static std::string MakeId(std::size_t index)
    {
      return "00000000-0000-4000-8000-00000000000" + std::to_string(index);
    }

    std::string Submit(std::unique_ptr<IJob> job, int priority) override
    {
      if (isRefusing)
      {
        throw Failure(FailureKind::Internal, "The engine takes no jobs");
      }
      if (onSubmit)
      {
        onSubmit();
      }
      jobs_.push_back(std::move(job));
      priorities.push_back(priority);
      if (isImmediate)
      {
        Run(jobs_.size() - 1);
      }
      return MakeId(jobs_.size() - 1);
    }

    // To the end
    JobStep Run(std::size_t index)
    {
      JobStep step = JobStep::Again;
      while (step == JobStep::Again)
      {
        step = jobs_.at(index)->Step();
      }
      return step;
    }

    const IJob& GetJob(std::size_t index) const { return *jobs_.at(index); }

    std::size_t GetCount() const { return jobs_.size(); }

  private:
    std::vector<std::unique_ptr<IJob>> jobs_;
  };
} // namespace OrthancPlugins
