# Copyright (c) 2026, portalops.arcgis contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What portals/self says beside members: settings of maps, galleries and pages, the same on every sandbox."""

from __future__ import annotations

from typing import Any

EXTENT = {
    "type": "extent",
    "xmin": -15000000,
    "ymin": 2700000,
    "xmax": -6200000,
    "ymax": 6500000,
    "spatialReference": {"wkid": 102100},
}
APPEARANCE: dict[str, Any] = {
    "allowedOrigins": [],
    "allowedRedirectUris": [],
    "analysisLayersGroupQuery": 'title:"Analysis Layers" AND owner:esri',
    "authorizedCrossOriginDomains": [],
    "backgroundImage": "images/arcgis_background.jpg",
    "basemapGalleryGroupQuery": 'title:"Basemaps" AND owner:esri',
    "canListApps": False,
    "canListData": False,
    "canListPreProvisionedItems": False,
    "canProvisionDirectPurchase": False,
    "canShareBingPublic": False,
    "colorSetsGroupQuery": 'title:"Colors" AND owner:esri',
    "commentsEnabled": True,
    "contacts": ["portal_admin"],
    "databaseQuota": -1,
    "databaseUsage": -1,
    "defaultBasemap": {"title": "Topographic", "baseMapLayers": []},
    "defaultExtent": EXTENT,
    "defaultVectorBasemap": {"title": "Topographic", "baseMapLayers": []},
    "featuredGroups": [],
    "featuredGroupsId": "",
    "featuredItemsGroupQuery": "",
    "galleryTemplatesGroupQuery": 'title:"Gallery Templates" AND owner:esri',
    "hasCategorySchema": False,
    "helpBase": "https://doc.example.com/",
    "helpMap": {"v": "1.0", "m": {}},
    "homePageFeaturedContent": "",
    "homePageFeaturedContentCount": 12,
    "isHubEnabled": False,
    "layerTemplatesGroupQuery": 'title:"Layer Templates" AND owner:esri',
    "livingAtlasGroupQuery": 'title:"Featured Maps And Apps" AND owner:esri',
    "metadataEditable": True,
    "metadataFormats": ["iso19139"],
    "notificationsEnabled": False,
    "portalProperties": {},
    "rotatorPanels": [],
    "showHomePageDescription": False,
    "staticImagesUrl": "https://static.example.com/images",
    "stylesGroupQuery": 'title:"Styles" AND owner:esri',
    "symbolSetsGroupQuery": 'title:"Symbols" AND owner:esri',
    "templatesGroupQuery": 'title:"Web Application Templates" AND owner:esri',
    "useStandardizedQuery": True,
    "useVectorBasemaps": True,
    "vectorBasemapGalleryGroupQuery": 'title:"Vector Basemaps" AND owner:esri',
}
