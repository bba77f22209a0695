// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  // The text of the failure
  template <typename Action>
  std::string ExpectFailure(FailureKind kind, const Action& action)
  {
    try
    {
      action();
    }
    catch (const Failure& failure)
    {
      EXPECT_EQ(kind, failure.GetKind()) << failure.what();
      return failure.what();
    }
    ADD_FAILURE() << "Nothing was thrown";
    return "";
  }
} // namespace OrthancPlugins
