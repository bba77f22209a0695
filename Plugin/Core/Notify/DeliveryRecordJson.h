// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "DeliveryRecord.h"

#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // The text of a delivery's file: Resources/Formats/Spool.md. Thread-safe
  std::string FormatDeliveryRecord(const DeliveryRecord& record);

  // Members of a wrong type or value are errors. Throws Failure(BadFormat), with a message that holds
  // nothing of the text
  DeliveryRecord ParseDeliveryRecord(std::string_view text);
} // namespace OrthancPlugins
