// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Host/PluginProperties.h"
#include "../Fakes/FakeOrthanc.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  TEST(PluginProperties, AreSetForThisPlugin)
  {
    FakeOrthanc host("1.10.1");

    SetPluginDescription(host.GetContext(), "What it is");
    SetPluginRootUri(host.GetContext(), "/there/");
    ExtendOrthancExplorer(host.GetContext(), "script();");

    const std::map<std::pair<std::string, int>, std::string> expected = {
      {{"advanced-rest", _OrthancPluginProperty_Description}, "What it is"},
      {{"advanced-rest", _OrthancPluginProperty_RootUri}, "/there/"},
      {{"advanced-rest", _OrthancPluginProperty_OrthancExplorer}, "script();"}};
    EXPECT_EQ(expected, host.properties);
  }
} // namespace OrthancPlugins
