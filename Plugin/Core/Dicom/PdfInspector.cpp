// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PdfInspector.h"

#include "LimitedChild.h"

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

    // Few bytes of a PDF can become any number of objects, and any number of bytes in memory
    constexpr ChildLimits LIMITS = {256u << 20, 5, 20};

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

    // Nothing, or "encrypted" or "plain", a space, the number of pages if it is known, a line feed, the title
    std::string FormatFacts(const PdfFacts& facts)
    {
      return !facts.isReadable
               ? ""
               : std::string(facts.isEncrypted ? "encrypted" : "plain") + " " +
                   (facts.pagesCount.has_value() ? std::to_string(*facts.pagesCount) : "") + "\n" +
                   facts.title;
    }

    PdfFacts ParseFacts(const std::string& report)
    {
      PdfFacts facts;
      const std::size_t space = report.find(' ');
      const std::size_t line = report.find('\n');
      if (space == std::string::npos || line == std::string::npos)
      {
        return facts;
      }
      facts.isReadable = true;
      facts.isEncrypted = report.compare(0, space, "encrypted") == 0;
      const std::string count = report.substr(space + 1, line - space - 1);
      if (!count.empty())
      {
        facts.pagesCount = static_cast<unsigned>(std::stoul(count));
      }
      facts.title = report.substr(line + 1);
      return facts;
    }

    std::string JoinLines(const std::vector<std::string>& lines)
    {
      std::string text;
      for (const std::string& line : lines)
      {
        text += line + "\n";
      }
      return text;
    }

    std::vector<std::string> SplitLines(const std::string& text)
    {
      std::vector<std::string> lines;
      for (std::size_t begin = 0; begin < text.size();)
      {
        const std::size_t end = text.find('\n', begin);
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
      }
      return lines;
    }
  } // namespace

  PdfFacts InspectPdfHere(std::string_view content)
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

  std::vector<std::string> FindActiveContentHere(std::string_view content)
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

  PdfFacts InspectPdf(std::string_view content)
  {
    const std::optional<std::string> report =
      RunLimited(LIMITS, [content] { return FormatFacts(InspectPdfHere(content)); });
    return ParseFacts(report.value_or(""));
  }

  std::string FindPdfTitle(std::string_view content)
  {
    // A key of the trailer, which is never compressed (ISO 32000-1, 7.5.5 and 7.5.8.2)
    return content.find("/Info") == std::string_view::npos ? "" : InspectPdf(content).title;
  }

  std::vector<std::string> FindActiveContent(std::string_view content)
  {
    const std::optional<std::string> report =
      RunLimited(LIMITS, [content] { return JoinLines(FindActiveContentHere(content)); });
    return report.has_value() ? SplitLines(*report) : std::vector<std::string>{"Unreadable"};
  }
} // namespace OrthancPlugins
