// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "TwoAtATime.h"

#include <boost/thread/thread.hpp>

#include <atomic>
#include <exception>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t STACK_BYTES = 2u << 20;

    class Calls
    {
    public:
      Calls(std::size_t count, const std::function<void(std::size_t)>& run)
        : count_(count),
          run_(run)
      {
      }

      // Returns what was thrown
      std::exception_ptr Work()
      {
        try
        {
          for (std::size_t i = next_++; i < count_ && !hasFailed_; i = next_++)
          {
            run_(i);
          }
        }
        catch (...)
        {
          hasFailed_ = true;
          return std::current_exception();
        }
        return nullptr;
      }

    private:
      std::size_t count_;
      const std::function<void(std::size_t)>& run_;
      std::atomic<std::size_t> next_{0};
      std::atomic<bool> hasFailed_{false};
    };

    boost::thread StartThread(const std::function<void()>& body)
    {
      boost::thread::attributes attributes;
      attributes.set_stack_size(STACK_BYTES);
      try
      {
        return boost::thread(attributes, body);
      }
      catch (const boost::thread_resource_error&)
      {
        return boost::thread();
      }
    }
  } // namespace

  void RunTwoAtATime(std::size_t count, const std::function<void(std::size_t)>& run)
  {
    // An interrupted join would leave the thread with our stack
    const boost::this_thread::disable_interruption noInterruption;
    Calls calls(count, run);
    std::exception_ptr otherError;
    boost::thread other;
    if (count > 1)
    {
      other = StartThread([&] { otherError = calls.Work(); });
    }
    const std::exception_ptr error = calls.Work();
    if (other.joinable())
    {
      other.join();
    }
    if (error || otherError)
    {
      std::rethrow_exception(error ? error : otherError);
    }
  }
} // namespace OrthancPlugins
