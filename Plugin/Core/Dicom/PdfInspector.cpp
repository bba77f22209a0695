// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PdfInspector.h"

// The API without the pointers of older versions
#define POINTERHOLDER_TRANSITION 4
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFObjectHandle.hh>

#include <exception>
#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_TITLE_BYTES = 1024;

    void Open(QPDF& pdf, std::string_view content)
    {
      pdf.setSuppressWarnings(true);
      // Damaged ones are not repaired, as that takes time and memory without bounds
      pdf.setAttemptRecovery(false);
      pdf.processMemoryFile("document", content.data(), content.size());
    }

    std::string ReadTitle(QPDF& pdf)
    {
      QPDFObjectHandle information = pdf.getTrailer().getKey("/Info");
      if (!information.isDictionary())
      {
        return "";
      }
      QPDFObjectHandle title = information.getKey("/Title");
      if (!title.isString())
      {
        return "";
      }
      const std::string text = title.getUTF8Value();
      return text.size() > MAX_TITLE_BYTES ? "" : text;
    }

    std::optional<unsigned> ReadPagesCount(QPDF& pdf)
    {
      // The count of the root of the page tree: the pages themselves are not visited
      QPDFObjectHandle pages = pdf.getRoot().getKey("/Pages");
      if (!pages.isDictionary() || !pages.getKey("/Count").isInteger())
      {
        return std::nullopt;
      }
      const long long count = pages.getKey("/Count").getIntValue();
      return count < 0 || count > 10'000'000 ? std::nullopt
                                             : std::make_optional(static_cast<unsigned>(count));
    }

    void CheckDictionary(QPDFObjectHandle dictionary, std::set<std::string>& found)
    {
      QPDFObjectHandle action = dictionary.getKey("/S");
      if (dictionary.hasKey("/JS") || (action.isName() && action.getName() == "/JavaScript"))
      {
        found.insert("JavaScript");
      }
      if (action.isName() && action.getName() == "/Launch")
      {
        found.insert("Launch");
      }
      QPDFObjectHandle type = dictionary.getKey("/Type");
      if (dictionary.hasKey("/EF") || dictionary.hasKey("/EmbeddedFiles") ||
          (type.isName() && type.getName() == "/EmbeddedFile"))
      {
        found.insert("EmbeddedFile");
      }
    }

    // Direct objects are parts of indirect ones; PDF readers limit their depth as well
    void CheckObject(QPDFObjectHandle object, unsigned depth, std::set<std::string>& found)
    {
      constexpr unsigned MAX_DEPTH = 64;
      if (depth > MAX_DEPTH)
      {
        return;
      }
      if (object.isStream())
      {
        object = object.getDict();
      }
      if (object.isDictionary())
      {
        CheckDictionary(object, found);
        for (const std::string& key : object.getKeys())
        {
          QPDFObjectHandle child = object.getKey(key);
          if (!child.isIndirect())
          {
            CheckObject(child, depth + 1, found);
          }
        }
      }
      else if (object.isArray())
      {
        for (int i = 0; i < object.getArrayNItems(); i++)
        {
          QPDFObjectHandle child = object.getArrayItem(i);
          if (!child.isIndirect())
          {
            CheckObject(child, depth + 1, found);
          }
        }
      }
    }
  } // namespace

  PdfFacts InspectPdf(std::string_view content)
  {
    PdfFacts facts;
    try
    {
      QPDF pdf;
      Open(pdf, content);
      facts.isReadable = true;
      facts.isEncrypted = pdf.isEncrypted();
      facts.title = ReadTitle(pdf);
      facts.pagesCount = ReadPagesCount(pdf);
    }
    catch (const std::exception&)
    {
      // The library reports what is wrong with a PDF, and passwords, by exceptions of many types
    }
    return facts;
  }

  std::vector<std::string> FindActiveContent(std::string_view content)
  {
    try
    {
      QPDF pdf;
      Open(pdf, content);
      std::set<std::string> found;
      for (QPDFObjectHandle& object : pdf.getAllObjects())
      {
        CheckObject(object, 0, found);
      }
      return {found.begin(), found.end()};
    }
    catch (const std::exception&)
    {
      return {"Unreadable"};
    }
  }
} // namespace OrthancPlugins
