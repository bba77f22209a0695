// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Failure.h"

#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * Calls "function". A Failure ends the request, unless this is a dry run, which lists its problems and
   * goes on without what has failed: then it is added to "problems", and the answer is false. Null: no
   * dry run.
   **/
  template <typename Function>
  bool Attempt(std::vector<std::string>* problems, Function function)
  {
    if (problems == nullptr)
    {
      function();
      return true;
    }
    try
    {
      function();
      return true;
    }
    catch (const Failure& failure)
    {
      problems->push_back(failure.what());
      return false;
    }
  }
} // namespace OrthancPlugins
