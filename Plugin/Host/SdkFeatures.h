// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <orthanc/OrthancCPlugin.h>

// What the SDK we are built against offers. The host that loads us may be older than that SDK: each
// user of a feature also asks for the version of the host
#if ORTHANC_PLUGINS_VERSION_IS_ABOVE(1, 12, 6)
#define HOST_HAS_STREAM_ANSWER 1
#else
#define HOST_HAS_STREAM_ANSWER 0
#endif

// What an authentication plugin has found out about a request comes with it
#if ORTHANC_PLUGINS_VERSION_IS_ABOVE(1, 12, 9)
#define HOST_HAS_AUTHENTICATION_PAYLOAD 1
#else
#define HOST_HAS_AUTHENTICATION_PAYLOAD 0
#endif
